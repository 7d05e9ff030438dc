//! A request's body with a deadline that moves on only as fast as data comes: whoever drips it in loses the connection
//! instead of keeping it.

use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// Time until something must have come.
const PATIENCE: Duration = Duration::from_secs(15);
/// Slower than this over the whole body is slow on purpose: a tenth of what a poor mobile line does.
const BYTES_PER_SECOND_MIN: u64 = 2 * 1024;

/// The body inside, as long as it keeps coming.
pub(super) struct Flowing<B> {
    body: B,
    begun: Instant,
    received: u64,
    deadline: Pin<Box<Sleep>>,
}

impl<B> Flowing<B> {
    pub(super) fn new(body: B) -> Self {
        let begun = Instant::now();
        Self {
            body,
            begun,
            received: 0,
            deadline: Box::pin(tokio::time::sleep_until(begun + PATIENCE)),
        }
    }
}

impl<B> Body for Flowing<B>
where
    B: Body + Unpin,
    B::Data: bytes::Buf,
    B::Error: Into<axum::BoxError>,
{
    type Data = B::Data;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, Self::Error>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, bytes::Buf::remaining);
                self.received = self.received.saturating_add(bytes as u64);
                let earned = Duration::from_secs(self.received / BYTES_PER_SECOND_MIN);
                let until = self.begun + PATIENCE + earned;
                self.deadline.as_mut().reset(until);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => self.deadline.as_mut().poll(cx).map(|()| {
                let slow =
                    std::io::Error::new(std::io::ErrorKind::TimedOut, "the body came too slowly");
                Some(Err(slow.into()))
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt as _;

    /// `count` pieces of `bytes`, one each `every`.
    fn pieces(count: usize, bytes: usize, every: Duration) -> Flowing<axum::body::Body> {
        let stream = futures_util::stream::iter(0..count).then(move |_| async move {
            tokio::time::sleep(every).await;
            Ok::<_, std::io::Error>(vec![b'x'; bytes])
        });
        Flowing::new(axum::body::Body::from_stream(stream))
    }

    async fn read(body: Flowing<axum::body::Body>) -> Result<usize, axum::Error> {
        let whole = axum::body::to_bytes(axum::body::Body::new(body), usize::MAX).await;
        whole.map(|bytes| bytes.len())
    }

    #[tokio::test(start_paused = true)]
    async fn r_sec_11_a_body_that_drips_in_is_cut_off() {
        let drip = pieces(100, 1, Duration::from_secs(5));
        assert!(read(drip).await.is_err());
        let nothing = Flowing::new(axum::body::Body::from_stream(
            futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>(),
        ));
        assert!(read(nothing).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_big_body_over_a_slow_line_arrives() {
        // 32 KiB/s for five minutes: far longer than the patience for silence.
        let slow = pieces(300, 32 * 1024, Duration::from_secs(1));
        assert_eq!(read(slow).await.ok(), Some(300 * 32 * 1024));
    }
}
