#include "posthouse/net/stream/buffer_cache.h"

#include <array>

namespace posthouse::net::detail {

namespace {

struct Stock {
  ~Stock() {
    for (; count > 0; --count) {
      delete[] blocks[count - 1];
    }
    closed = true;
  }
  std::array<char*, 16> blocks{};
  std::size_t count = 0;
  bool closed = false;  // the thread ends; streams destroyed after this point must not stock up
};

constinit thread_local Stock stock;

}  // namespace

char* take_input_block() {
  return stock.count > 0 ? stock.blocks[--stock.count] : new char[input_block];
}

void give_back_input_block(char* block) noexcept {
  if (stock.count < stock.blocks.size() && !stock.closed) {
    stock.blocks[stock.count++] = block;
  } else {
    delete[] block;
  }
}

}  // namespace posthouse::net::detail
