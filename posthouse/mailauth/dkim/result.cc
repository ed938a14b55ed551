#include "posthouse/mailauth/dkim/result.h"

#include <string_view>
#include <utility>

namespace posthouse::mailauth {

mime::AuthenticationResult authentication_result(const DkimResult& result) {
  mime::AuthenticationResult out{.method = "dkim", .result = std::string(to_string(result.verdict))};
  out.reason = result.reason;
  if (result.key_bits != 0 && !result.algorithm.starts_with("ed25519")) {
    out.comment = std::to_string(result.key_bits) + "-bit key";
  }
  if (result.testing) {
    out.comment += out.comment.empty() ? "test mode" : ", test mode";
  }
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) {
      out.properties.push_back({.type = "header", .name = std::string(name), .value = value});
    }
  };
  add("d", result.domain);
  if (result.identity != "@" + result.domain) {
    add("i", result.identity);
  }
  add("s", result.selector);
  add("a", result.algorithm);
  add("b", result.signature_start);
  return out;
}

}  // namespace posthouse::mailauth
