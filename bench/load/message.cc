#include "message.h"

#include <array>
#include <cstdint>
#include <stdexcept>

namespace mailload {
namespace {
constexpr std::size_t starting_places = 60'000;
}

MessageMaker::MessageMaker(std::size_t size) : size_(size) {
  static constexpr std::array words = {"mail",   "queue",  "store",  "index", "letter", "server", "client",
                                       "folder", "socket", "thread", "reply", "sender", "domain", "number"};
  std::uint32_t random = 12345;
  for (std::size_t column = 0; words_.size() < size + 2 * starting_places;) {
    random = random * 1664525U + 1013904223U;
    const std::string word = words[(random >> 16) % words.size()] + std::to_string((random >> 8) % 997);
    if (column + word.size() + 1 > 72) {
      words_ += "\r\n";
      column = 0;
    } else if (column > 0) {
      words_ += ' ';
      ++column;
    }
    words_ += word;
    column += word.size();
  }
}

std::string MessageMaker::make(long sequence, const std::string& sender, const std::string& recipient) const {
  const std::string number = std::to_string(sequence);
  std::string message = "From: Load Sender <" + sender + ">\r\nTo: <" + recipient + ">\r\nSubject: message number " +
                        number + "\r\nDate: Sun, 22 Nov 2026 12:00:00 +0000\r\nMessage-ID: <" + number +
                        "@load.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n";
  if (message.size() + 4 > size_) {
    throw std::runtime_error("messages cannot be that small");
  }
  const auto place = static_cast<std::size_t>(sequence) * 977 % starting_places;
  message.append(words_, words_.find('\n', place) + 1, size_ - message.size() - 2);
  if (message.back() == '\r') {
    message.back() = 'x';  // the cut lies in a line end
  }
  return message += "\r\n";
}

}  // namespace mailload
