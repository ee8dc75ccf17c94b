//! How many files this process may have open at once.

use super::Failure;

/// So many are enough for anything, or else as many as the system gives. Programs that a run starts inherit the limit, and some of them
/// go through all numbers below it.
const ENOUGH: [u64; 4] = [65_536, 10_240, 4_096, 1_024];

/// A run of all scenarios has up to 330 open where the simulator is inside this process, with both ends of each connection.
const OF_A_RUN: u64 = 400;

/// A shell mostly lets a process open 1,024 files, and more to whoever asks. A load's users, or the trials of a selftest, need more.
pub(super) fn open_as_many_as_allowed() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        for enough in ENOUGH.map(|enough| maximum.map_or(enough, |maximum| maximum.min(enough))) {
            // Where more than it has is refused, what needs more says so by itself.
            if current.is_none_or(|current| current >= enough)
                || setrlimit(Resource::Nofile, Rlimit { current: Some(enough), maximum }).is_ok()
            {
                return;
            }
        }
    }
}

/// How many runs this process has files for at once.
///
/// # Errors
///
/// For fewer than `least`: connections would fail for our own sake, and who was to be judged by them would be accused.
pub(super) fn runs_at_once(least: u64) -> Result<usize, Failure> {
    runs_with(allowed(), least)
}

fn allowed() -> u64 {
    #[cfg(unix)]
    let allowed = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    let allowed = None;
    allowed.unwrap_or(u64::MAX)
}

fn runs_with(allowed: u64, least: u64) -> Result<usize, Failure> {
    let needed = least * OF_A_RUN;
    if allowed < needed {
        return Err(Failure::environment(format!(
            "this process may have only {allowed} files open at once, and this takes up to {needed}; allow more, such as by \
             `ulimit -n 1024`"
        )));
    }
    Ok(usize::try_from(allowed / OF_A_RUN).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_would_lack_files_is_not_begun() {
        assert_eq!(runs_with(1024, 1).unwrap(), 2);
        assert_eq!(runs_with(799, 2).unwrap_err().outcome, crate::verdict::Outcome::Environment);
        let told = runs_with(80, 1).unwrap_err();
        assert_eq!(told.outcome, crate::verdict::Outcome::Environment);
        assert!(told.to_string().contains("only 80 files"), "{told}");
    }
}
