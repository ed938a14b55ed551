#include "posthouse/net/deflate/deflate_transport.h"
#include "posthouse/net/stream/stream.h"

namespace posthouse::net {

// What is buffered was said by the peer after it had begun to compress.
void Stream::start_deflate(Deadline deadline) {
  const Deadline until = effective(deadline);
  check_open();
  flush_until(until);
  std::string received(buffered());
  const std::lock_guard lock(mutex_);
  transport_ = std::make_unique<DeflateTransport>(std::move(transport_), std::move(received));
  release_input();
}

}  // namespace posthouse::net
