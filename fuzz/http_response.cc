// What a web server answers, however it is cut; URLs; policies of MTA-STS have a target of their own.
//
// The first octet chooses how the input is cut; the rest is the answer. What must hold: the limits are kept, an answer is
// the same however it is cut, and a reference in a Location field leads to a URL that can be read again or to none.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/scripted.h"

#include "posthouse/http/http.h"

namespace {

using namespace posthouse;
using fuzz::check;
using fuzz::Scripted;

constexpr std::size_t most_octets = 1000;

struct Answer {
  bool good = false;
  http::Response response{};
};

Answer asked(std::string_view input, std::size_t piece) {
  std::string said;
  net::Stream stream(std::make_unique<Scripted>(input, piece, said));
  http::ClientOptions options;
  options.limits = {.header_octets = 2000, .header_fields = 20, .body_octets = most_octets};
  try {
    return {true, http::exchange(stream, {.url = "https://a.test/b"}, options)};
  } catch (const http::Error&) {
    return {};
  }
}

void check_answer(const http::Response& response) {
  check(response.status >= 200 && response.status <= 599);
  check(response.body.size() <= most_octets && response.fields.size() <= 20);
  if (const auto location = response.fields.find("Location")) {
    try {
      const http::Url next = http::Url::parse("https://a.test/b").resolve(*location);
      check(next.target.starts_with('/') && next.target.find_first_of("\r\n ") == std::string::npos);
      check(http::Url::parse(next.to_string()).to_string() == next.to_string());
    } catch (const http::Error&) {  // NOLINT: it leads nowhere
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) {
    return 0;
  }
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Answer whole = asked(input, 16'384);
  const Answer cut = asked(input, data[0] % 16U + 1);
  check(whole.good == cut.good);
  if (whole.good) {
    check_answer(whole.response);
    check(whole.response.status == cut.response.status && whole.response.body == cut.response.body);
  }
  return 0;
}
