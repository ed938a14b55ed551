#pragma once
#include <cstddef>
#include <string>

namespace mailload {

/// Makes mail of an exact size: a plain header and lines of English words, with no line that begins with a dot.
class MessageMaker {
 public:
  /// @param size octets of each message, CRLFs included, the final dot line not.
  explicit MessageMaker(std::size_t size);
  /// Message number `sequence`; each one's text begins at another place, so no two are the same.
  std::string make(long sequence, const std::string& sender, const std::string& recipient) const;

 private:
  std::size_t size_;
  std::string words_;
};

}  // namespace mailload
