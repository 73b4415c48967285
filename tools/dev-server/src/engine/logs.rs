//! The output of components: appended to a log file and echoed on stderr.

use anyhow::{Context as _, Result};
use bytes::Bytes;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// How many bytes a guest may write at once.
const MAX_WRITE: usize = 64 * 1024;

/// Both output streams of a component.
#[derive(Clone)]
pub struct ComponentLogs {
    pub stdout: LogStream,
    pub stderr: LogStream,
}

/// One output stream of a component, shared by all its instances.
#[derive(Clone)]
pub struct LogStream {
    file: Arc<File>,
    echo: bool,
}

impl ComponentLogs {
    /// Opens `<component>_stdout.txt` and `<component>_stderr.txt`.
    ///
    /// # Errors
    /// If a file cannot be opened for appending.
    pub fn open(directory: &Path, component: &str, quiet: bool) -> Result<Self> {
        let stream = |name: &str| -> Result<LogStream> {
            let path = directory.join(format!("{component}_{name}.txt"));
            let file = File::options().create(true).append(true).open(&path);
            let file = file.with_context(|| format!("failed to open {}", path.display()))?;
            Ok(LogStream { file: Arc::new(file), echo: !quiet })
        };
        Ok(Self { stdout: stream("stdout")?, stderr: stream("stderr")? })
    }
}

impl LogStream {
    fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        self.file.as_ref().write_all(bytes)?;
        if self.echo {
            // A closed terminal is no failure of the guest.
            let _ = io::stderr().write_all(bytes);
        }
        Ok(())
    }
}

impl IsTerminal for LogStream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for LogStream {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for LogStream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(self.write_all(bytes).map(|()| bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl OutputStream for LogStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.write_all(&bytes).map_err(|error| StreamError::LastOperationFailed(error.into()))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(MAX_WRITE)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for LogStream {
    async fn ready(&mut self) {}
}
