#include "posthouse/mime/random.h"

#include <array>
#include <random>

#include <unistd.h>

namespace posthouse::mime {
namespace {

// getentropy gives at most 256 octets at once; a builder rarely needs more.
class EntropyPool {
 public:
  std::uint64_t operator()() {
    if (next_ == words_.size()) {
      fill();
    }
    return words_[next_++];
  }

 private:
  void fill() {
    next_ = 0;
    if (::getentropy(words_.data(), sizeof words_) == 0) {
      return;
    }
    std::random_device device;  // throws where there is no randomness at all
    for (std::uint64_t& word : words_) {
      word = std::uint64_t{device()} << 32 | device();
    }
  }

  std::array<std::uint64_t, 16> words_{};
  std::size_t next_ = words_.size();
};

}  // namespace

Random system_random() {
  return EntropyPool();
}

}  // namespace posthouse::mime
