#include "posthouse/mime/compose/boundary.h"

namespace posthouse::mime {

std::string new_boundary(const Random& random, unsigned& number) {
  static constexpr char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string boundary = "=_";
  boundary += std::to_string(number++);
  boundary += '_';
  for (int word = 0; word < 3; ++word) {
    std::uint64_t bits = random();
    for (int i = 0; i < 8; ++i, bits /= 62) {
      boundary += letters[bits % 62];
    }
  }
  return boundary;
}

}  // namespace posthouse::mime
