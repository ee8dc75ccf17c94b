use super::output::Output;

/// What a part of the command line gives, and what it prints on stdout and on stderr.
pub(super) fn captured<T>(print: impl FnOnce(&mut Output<'_>) -> T) -> (T, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut output = Output { out: &mut out, err: &mut err, color: false, width: 110, watched: false };
    let given = print(&mut output);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (given, text(out), text(err))
}
