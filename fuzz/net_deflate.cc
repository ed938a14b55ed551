// A compressed stream of arbitrary octets, and arbitrary octets through a compressed stream.
//
// The first octet chooses the pieces. What must hold: whatever comes ends, by nothing but posthouse::Error, with no more in
// memory than was asked for; what is written comes out as it was.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "fuzz/scripted.h"

#include "posthouse/net/error.h"

namespace {

using namespace posthouse;
using fuzz::check;
using fuzz::Scripted;

constexpr std::size_t most = 1 << 20;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece = data[0] == 0 ? 4096 : data[0];
  std::string output;
  {
    net::Stream hostile(std::make_unique<Scripted>(input, piece, output));
    hostile.start_deflate();
    std::size_t come = 0;
    try {
      while (come < most) {
        const std::size_t got = hostile.read_some(piece).size();
        check(got <= piece);
        if (got == 0) {
          break;
        }
        come += got;
      }
    } catch (const posthouse::Error&) {
    }
  }
  {
    net::Stream writer(std::make_unique<Scripted>("", piece, output));
    writer.start_deflate();
    for (std::string_view rest = input; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size()))) {
      writer.write(rest.substr(0, piece));
    }
  }
  std::string nothing;
  net::Stream reader(std::make_unique<Scripted>(output, piece, nothing));
  reader.start_deflate();
  check(reader.read_all(input.size()) == input);
  return 0;
}
