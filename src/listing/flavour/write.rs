use serde::Serialize;

/// Writes a JSON object member by member, straight into the body: no tree in between.
pub(super) struct Object<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

/// Writes a whole object. Names of members stand as they are: no flavour has one that needs escaping.
pub(super) fn object(out: &mut Vec<u8>, fill: impl FnOnce(&mut Object<'_>)) {
    out.push(b'{');
    fill(&mut Object { out, first: true });
    out.push(b'}');
}

fn value(out: &mut Vec<u8>, value: &impl Serialize) {
    // Memory takes everything, and what flavours write are texts, numbers and lists of them.
    let _ = serde_json::to_writer(out, value);
}

impl Object<'_> {
    fn name(&mut self, name: &str) -> &mut Vec<u8> {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// A member.
    pub(super) fn put(&mut self, name: &str, what: impl Serialize) {
        value(self.name(name), &what);
    }

    /// A member, where there is something to say.
    pub(super) fn may(&mut self, name: &str, what: Option<impl Serialize>) {
        if let Some(what) = what {
            self.put(name, what);
        }
    }

    /// An object within.
    pub(super) fn object(&mut self, name: &str, fill: impl FnOnce(&mut Object<'_>)) {
        object(self.name(name), fill);
    }

    /// A list of objects, one for each item.
    pub(super) fn objects<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        fill: impl Fn(&mut Object<'_>, T),
    ) {
        let out = self.name(name);
        out.push(b'[');
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            object(out, |object| fill(object, item));
        }
        out.push(b']');
    }
}
