use std::{
    io::{BufRead, Write},
    sync::Arc,
    thread,
};

use futures::future::{BoxFuture, FutureExt as _};
use tokio::sync::{Mutex, mpsc, watch};

use crate::agency::{Person, Reply, Task};

/// The person at the terminal. A link is shown there, and nowhere else.
pub(super) struct Terminal {
    lines: Mutex<mpsc::UnboundedReceiver<String>>,
    screen: std::sync::Mutex<Box<dyn Write + Send>>,
    stop: watch::Sender<bool>,
}

impl Terminal {
    /// Reads replies from stdin and shows tasks on stderr. What is given beside turns true when the run is to stop.
    pub(super) fn open() -> (Arc<Self>, watch::Receiver<bool>) {
        Self::over(std::io::BufReader::new(std::io::stdin()), std::io::stderr())
    }

    fn over(
        lines: impl BufRead + Send + 'static,
        screen: impl Write + Send + 'static,
    ) -> (Arc<Self>, watch::Receiver<bool>) {
        let ((tell, told), (stop, stopped)) = (mpsc::unbounded_channel(), watch::channel(false));
        // A thread of its own, since reading from a terminal cannot be given up.
        thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        let screen = std::sync::Mutex::new(Box::new(screen) as Box<dyn Write + Send>);
        (Arc::new(Self { lines: Mutex::new(told), screen, stop }), stopped)
    }

    fn show(&self, text: &str) {
        let mut screen = self.screen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Who cannot be shown a task skips it.
        let _ = writeln!(screen, "{text}").and_then(|()| screen.flush());
    }

    async fn reply(&self, task: Task) -> Reply {
        if *self.stop.borrow() {
            return Reply::Stop;
        }
        let mut lines = self.lines.lock().await;
        self.show(&format!(
            "\nOpen this link in a browser, {}:\n\n  {}\n\nThen type `done`; or `skip` to leave it out, or `stop` to end the run.",
            task.what,
            task.link.expose()
        ));
        loop {
            let Some(line) = lines.recv().await else {
                self.show("nobody answers (stdin is at its end): it is skipped");
                return Reply::Skip;
            };
            match line.trim().to_lowercase().as_str() {
                "done" | "d" => return Reply::Done,
                "skip" | "s" => return Reply::Skip,
                "stop" => {
                    // The run may be at its end already.
                    let _ = self.stop.send(true);
                    return Reply::Stop;
                }
                _ => self.show("type `done`, `skip` or `stop`"),
            }
        }
    }
}

impl Person for Terminal {
    fn ask(&self, task: Task) -> BoxFuture<'_, Reply> {
        self.reply(task).boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::secret::Secret;

    /// A screen that a test can read.
    #[derive(Clone, Default)]
    struct Screen(Arc<std::sync::Mutex<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_person_sees_the_link_and_says_done_skip_or_stop() {
        let screen = Screen::default();
        let (terminal, stopped) = Terminal::over(Cursor::new("what?\nDONE\nskip\nstop\n"), screen.clone());
        let ask = || terminal.ask(Task { link: Secret::new("https://match.example/x"), what: "and agree" });
        assert_eq!((ask().await, ask().await, *stopped.borrow()), (Reply::Done, Reply::Skip, false));
        assert_eq!((ask().await, *stopped.borrow()), (Reply::Stop, true));
        assert_eq!(ask().await, Reply::Stop, "and is not asked again");
        let shown = String::from_utf8(screen.0.lock().unwrap().clone()).unwrap();
        assert_eq!(shown.matches("https://match.example/x").count(), 3, "{shown}");
        assert!(shown.contains("type `done`, `skip` or `stop`"), "{shown}");
    }

    #[tokio::test]
    async fn what_nobody_answers_is_skipped() {
        let (terminal, _) = Terminal::over(Cursor::new(""), Screen::default());
        let task = Task { link: Secret::new("https://match.example/x"), what: "and agree" };
        assert_eq!(terminal.ask(task).await, Reply::Skip);
    }
}
