#include "posthouse/http/wire/response_parser.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <boost/beast/http/basic_parser.hpp>

#include "posthouse/base/text.h"
#include "posthouse/http/error.h"

namespace posthouse::http {
namespace {

constexpr int most_interim_responses = 8;
// What of the framing of a chunk has to be seen at once: its size with extensions, or the fields behind the last one.
constexpr std::size_t chunk_header_limit = 16 * 1024;

using ParserBase = boost::beast::http::basic_parser<false>;
using BeastError = boost::beast::error_code;
using BeastText = boost::beast::string_view;

std::string_view view_of(BeastText text) noexcept {
  return {text.data(), text.size()};
}

bool is_number(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace

class ResponseParser::Beast final : public ParserBase {
 public:
  Beast(const ResponseLimits& limits, const std::function<void(std::string_view)>& body)
      : limits_(limits), body_(body) {
    header_limit(static_cast<std::uint32_t>(
        std::min<std::size_t>(limits.header_octets, std::numeric_limits<std::uint32_t>::max())));
    body_limit(boost::none);  // counted here, whatever frames it
    eager(true);
  }

  Response head;

 private:
  void on_request_impl(boost::beast::http::verb, BeastText, BeastText, int, BeastError&) override {}

  void on_response_impl(int status, BeastText, int, BeastError&) override {
    if (status < 100 || status > 599) {
      throw Error(Errc::protocol, "the server answers with the status " + std::to_string(status));
    }
    head.status = status;
  }

  void on_field_impl(boost::beast::http::field, BeastText name, BeastText value, BeastError&) override {
    if (++fields_ > limits_.header_fields) {
      throw Error(Errc::too_large,
                  "the server answers with more than " + std::to_string(limits_.header_fields) + " fields");
    }
    if (!is_header_done()) {
      head.fields.add(std::string(view_of(name)), std::string(view_of(value)));
    }
  }

  void on_header_impl(BeastError&) override {
    const std::size_t lengths = head.fields.count("content-length");
    const std::size_t codings = head.fields.count("transfer-encoding");
    if (lengths + codings > 1 || (lengths == 1 && !is_number(*head.fields.find("content-length"))) ||
        (codings == 1 && !iequals(trim(*head.fields.find("transfer-encoding")), "chunked"))) {
      throw Error(Errc::protocol, "the length of the server's answer can be read in several ways");
    }
    const auto length = content_length();
    if (!is_done() && length && *length > limits_.body_octets) {
      throw_too_large();
    }
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}
  std::size_t on_body_impl(BeastText octets, BeastError&) override { return take(octets); }
  void on_chunk_header_impl(std::uint64_t size, BeastText, BeastError&) override {
    if (size > limits_.body_octets - taken_) {
      throw_too_large();
    }
  }
  std::size_t on_chunk_body_impl(std::uint64_t, BeastText octets, BeastError&) override { return take(octets); }
  void on_finish_impl(BeastError&) override {}

  std::size_t take(BeastText octets) {
    if (octets.size() > limits_.body_octets - taken_) {
      throw_too_large();
    }
    taken_ += octets.size();
    body_(view_of(octets));
    return octets.size();
  }
  [[noreturn]] void throw_too_large() const {
    throw Error(Errc::too_large,
                "the server answers with more than " + std::to_string(limits_.body_octets) + " octets");
  }

  const ResponseLimits& limits_;
  const std::function<void(std::string_view)>& body_;
  std::size_t fields_ = 0;
  std::size_t taken_ = 0;
};

ResponseParser::ResponseParser(const ResponseLimits& limits, std::function<void(std::string_view)> body)
    : limits_(limits), body_(std::move(body)) {
  begin();
}
ResponseParser::~ResponseParser() = default;

void ResponseParser::begin() {
  beast_ = std::make_unique<Beast>(limits_, body_);
}

void ResponseParser::end_of_interim() {
  if (beast_->head.status == 101 || ++interim_ > most_interim_responses) {
    throw Error(Errc::protocol, "the server answers with the status " + std::to_string(beast_->head.status) +
                                    ", which nobody has asked for");
  }
  begin();
}

std::size_t ResponseParser::put(std::string_view octets) {
  std::size_t used = 0;
  while (!done() && used < octets.size()) {
    BeastError error;
    const std::string_view rest = octets.substr(used);
    const std::size_t step = beast_->put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    used += step;
    if (error == boost::beast::http::error::need_more) {
      if (rest.size() - step > std::max(limits_.header_octets, chunk_header_limit)) {
        throw Error(Errc::too_large, "the server's answer has a line that does not end");
      }
      return used;
    }
    if (error == boost::beast::http::error::header_limit) {
      throw Error(Errc::too_large,
                  "the server answers with a header of more than " + std::to_string(limits_.header_octets) + " octets");
    }
    if (error) {
      throw Error(Errc::protocol, "the server's answer is not HTTP/1.1: " + error.message());
    }
    if (beast_->is_done() && beast_->head.status < 200) {
      end_of_interim();
    } else if (step == 0) {
      return used;
    }
  }
  return used;
}

void ResponseParser::put_end() {
  if (done()) {
    return;
  }
  BeastError error = boost::beast::http::error::partial_message;
  if (beast_->got_some()) {
    beast_->put_eof(error);
  }
  if (error || !beast_->is_done()) {
    throw Error(Errc::closed, "the server ended the connection in the middle of its answer");
  }
}

bool ResponseParser::done() const noexcept {
  return beast_->is_done() && beast_->head.status >= 200;
}
bool ResponseParser::has_head() const noexcept {
  return beast_->is_header_done() && beast_->head.status >= 200;
}
const Response& ResponseParser::head() const noexcept {
  return beast_->head;
}

}  // namespace posthouse::http
