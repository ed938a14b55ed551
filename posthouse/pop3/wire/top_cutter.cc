#include "posthouse/pop3/wire/top_cutter.h"

#include <cstring>

namespace posthouse::pop3 {
namespace {

const char* find_lf(const char* from, const char* end) {
  return from == end ? nullptr
                     : static_cast<const char*>(std::memchr(from, '\n', static_cast<std::size_t>(end - from)));
}

}  // namespace

std::string_view TopCutter::take(std::string_view chunk) {
  const char* const begin = chunk.data();
  const char* const end = begin + chunk.size();
  const char* at = begin;
  while (!done() && at != end) {
    const char* lf = find_lf(at, end);
    const char* stop = lf ? lf : end;
    if (line_size_ == 0 && at != stop) {
      line_is_cr_ = *at == '\r';
    }
    line_size_ += static_cast<std::size_t>(stop - at);
    if (!lf) {
      return chunk;
    }
    at = lf + 1;
    if (in_body_) {
      --left_;
    } else {
      in_body_ = line_size_ == 0 || (line_size_ == 1 && line_is_cr_);
    }
    line_size_ = 0;
  }
  return {begin, static_cast<std::size_t>(at - begin)};
}

}  // namespace posthouse::pop3
