#pragma once
// Counts the clients a server knows again.
#include <atomic>
#include <functional>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/net/stream/stream.h"

namespace posthouse::test {

/// Lets `visit` connect to a server that treats each connection by `serve`, `count` times, one after the other, and
/// returns how many of these went on with an earlier TLS session.
inline int resumed_sessions(int count, const std::function<void(net::Stream&)>& serve,
                            const std::function<void(const net::Address&)>& visit) {
  std::atomic<int> resumed = 0;
  net::run([&] {
    auto listener = net::listen("127.0.0.1:0");
    net::Scope scope;
    scope.spawn([&] {
      net::serve(listener, [&](net::Stream& stream) {
        serve(stream);
        resumed += stream.tls()->resumed ? 1 : 0;
      });
    });
    for (int i = 0; i < count; ++i) {
      visit(listener.local_address());
    }
    listener.close();
    scope.join();
  });
  return resumed;
}

}  // namespace posthouse::test
