use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// The output of a process, line by line.
#[derive(Clone, Default)]
pub(crate) struct Output(Arc<(Mutex<Lines>, Condvar)>);

#[derive(Default)]
struct Lines {
    lines: Vec<String>,
    streams: usize,
}

impl Output {
    pub fn follow(&self, stream: impl Read + Send + 'static) {
        self.change(|lines| lines.streams += 1);
        let output = self.clone();
        thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while stream.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                output.change(|lines| lines.lines.push(text));
                line.clear();
            }
            output.change(|lines| lines.streams -= 1);
        });
    }

    pub fn find(&self, part: impl Fn(&str) -> Option<&str>) -> Option<String> {
        self.lock().lines.iter().find_map(|line| part(line)).map(str::to_owned)
    }

    pub fn wait_for_more(&self, limit: Duration) {
        drop(self.0.1.wait_timeout(self.lock(), limit));
    }

    pub fn wait_for_end(&self) {
        drop(self.0.1.wait_while(self.lock(), |lines| lines.streams > 0));
    }

    pub fn text(&self) -> String {
        self.lock().lines.join("\n")
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.0.0.lock().expect("no thread panics")
    }

    fn change(&self, change: impl FnOnce(&mut Lines)) {
        change(&mut self.lock());
        self.0.1.notify_all();
    }
}
