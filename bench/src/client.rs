//! An HTTP/1.1 client of one kept-alive connection, cheap enough not to be measured itself: two system
//! calls for a small answer, no allocation.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

const BUFFER_LENGTH: usize = 64 * 1024;

/// How long an answer may pause before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where something is served.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Target {
    /// `host:port`
    pub authority: String,
    pub path: String,
}

/// A connection, and the request that is sent on it again and again.
pub struct Client {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
    request: Vec<u8>,
    line: Vec<u8>,
}

/// What is known of an answer when its last byte has been read.
pub struct Answer {
    pub status: u16,
    /// The length of the body in bytes.
    pub length: u64,
    /// When the first byte of the head was there.
    pub first_byte: Instant,
}

/// How the end of a body is found.
enum Framing {
    Length(u64),
    Chunked,
}

impl Client {
    /// # Errors
    /// If nothing listens there.
    pub fn connect(target: &Target) -> Result<Self> {
        let Target { authority, path } = target;
        let stream =
            TcpStream::connect(authority).with_context(|| format!("cannot connect to {authority}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            reader: BufReader::with_capacity(BUFFER_LENGTH, stream.try_clone()?),
            stream,
            request: format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\naccept: */*\r\n\r\n").into_bytes(),
            line: Vec::new(),
        })
    }

    /// Sends the request and hands the body to `sink`, piece by piece.
    ///
    /// # Errors
    /// If the connection ends before the answer does, and what `sink` says.
    pub fn get(&mut self, mut sink: impl FnMut(&[u8]) -> Result<()>) -> Result<Answer> {
        self.stream.write_all(&self.request)?;
        ensure!(!self.reader.fill_buf()?.is_empty(), "the connection was closed instead of an answer");
        let first_byte = Instant::now();
        let (status, framing) = read_head(&mut self.reader, &mut self.line)?;
        let length = match framing {
            Framing::Length(length) => {
                read_exactly(&mut self.reader, length, &mut sink)?;
                length
            }
            Framing::Chunked => read_chunks(&mut self.reader, &mut self.line, &mut sink)?,
        };
        Ok(Answer { status, length, first_byte })
    }
}

fn read_head(reader: &mut impl BufRead, line: &mut Vec<u8>) -> Result<(u16, Framing)> {
    read_line(reader, line)?;
    let status = std::str::from_utf8(line)?.split(' ').nth(1).context("an answer without a status")?;
    let status = status.parse()?;
    let mut framing = None;
    loop {
        read_line(reader, line)?;
        if line.is_empty() {
            break;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            bail!("a header without a colon");
        };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            framing = Some(Framing::Length(std::str::from_utf8(value)?.parse()?));
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") && value.eq_ignore_ascii_case(b"chunked") {
            framing = Some(Framing::Chunked);
        }
    }
    Ok((status, framing.context("an answer whose end cannot be told on a kept-alive connection")?))
}

fn read_chunks(
    reader: &mut impl BufRead,
    line: &mut Vec<u8>,
    sink: &mut impl FnMut(&[u8]) -> Result<()>,
) -> Result<u64> {
    let mut total = 0;
    loop {
        read_line(reader, line)?;
        let digits = std::str::from_utf8(line)?.split(';').next().unwrap_or_default().trim();
        let length = u64::from_str_radix(digits, 16).context("a chunk without a length")?;
        if length > 0 {
            read_exactly(reader, length, sink)?;
        }
        read_line(reader, line)?;
        ensure!(line.is_empty(), "a chunk longer than it says, or a trailer");
        total += length;
        if length == 0 {
            return Ok(total);
        }
    }
}

/// Reads up to the end of a line, and takes the end off.
fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> Result<()> {
    line.clear();
    reader.take(BUFFER_LENGTH as u64).read_until(b'\n', line)?;
    ensure!(line.ends_with(b"\r\n"), "the answer was cut off, or has a line without an end");
    line.truncate(line.len() - 2);
    Ok(())
}

fn read_exactly(
    reader: &mut impl BufRead,
    length: u64,
    sink: &mut impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut missing = length;
    while missing > 0 {
        let available = reader.fill_buf()?;
        ensure!(!available.is_empty(), "the answer was cut off {missing} bytes before its end");
        let taken = usize::try_from(missing).unwrap_or(usize::MAX).min(available.len());
        sink(&available[..taken])?;
        reader.consume(taken);
        missing -= taken as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &str) -> Result<(u16, String)> {
        // Three bytes at a time, so that every line and every chunk falls apart.
        let mut reader = BufReader::with_capacity(3, answer.as_bytes());
        let mut line = Vec::new();
        let mut body = Vec::new();
        let mut sink = |piece: &[u8]| {
            body.extend_from_slice(piece);
            Ok(())
        };
        let (status, framing) = read_head(&mut reader, &mut line)?;
        match framing {
            Framing::Length(length) => read_exactly(&mut reader, length, &mut sink)?,
            Framing::Chunked => {
                read_chunks(&mut reader, &mut line, &mut sink)?;
            }
        }
        Ok((status, String::from_utf8(body)?))
    }

    #[test]
    fn a_body_ends_where_its_length_or_its_last_chunk_says() {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nx: y\r\n\r\n[1,2]more";
        assert_eq!(read(answer).expect("well-formed"), (200, "[1,2]".to_owned()));
        let answer = "HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[1\r\nA;x\r\n,234567890\r\n1\r\n]\r\n0\r\n\r\n";
        assert_eq!(read(answer).expect("well-formed"), (404, "[1,234567890]".to_owned()));
    }

    #[test]
    fn an_answer_that_is_cut_off_is_an_error() {
        for answer in [
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n[1,2",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n[1,2]\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n[1,",
            "HTTP/1.1 200 OK\r\n\r\n[1,2]",
            "HTTP/1.1 200 OK\r\ncontent-le",
        ] {
            assert!(read(answer).is_err(), "{answer:?}");
        }
    }
}
