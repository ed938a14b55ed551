#include "posthouse/http/wire/request_octets.h"

#include <algorithm>
#include <array>

#include "posthouse/base/text.h"
#include "posthouse/http/error.h"

namespace posthouse::http {
namespace {

constexpr std::array<std::string_view, 13> own_names{
    "host",         "content-length", "transfer-encoding", "connection",
    "te",           "trailer",        "upgrade",           "user-agent",
    "content-type", "keep-alive",     "accept-encoding",   "proxy-connection",
    "expect"};

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

void add_field(std::string& octets, std::string_view name, std::string_view value) {
  const bool clean = std::all_of(value.begin(), value.end(), [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet == '\t' || (octet >= 0x20 && octet != 0x7F);
  });
  if (!is_token(name) || !clean) {
    throw Error(Errc::request, "the field \"" + printable(name) + "\" cannot be sent: control characters, or no name");
  }
  octets.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string request_octets(const Request& request, const Url& url, std::string_view user_agent) {
  const bool post = request.method == Request::Method::post;
  if (!post && !(request.body.empty() && request.content_type.empty())) {
    throw Error(Errc::request, "a GET has no body");
  }
  std::string octets = (post ? "POST " : "GET ") + url.target + " HTTP/1.1\r\n";
  add_field(octets, "Host", url.authority);
  if (!user_agent.empty()) {
    add_field(octets, "User-Agent", user_agent);
  }
  for (const auto& [name, value] : request.fields) {
    if (std::find(own_names.begin(), own_names.end(), to_lower(name)) != own_names.end()) {
      throw Error(Errc::request, "the field \"" + printable(name) + "\" is the client's own");
    }
    add_field(octets, name, value);
  }
  add_field(octets, "Accept-Encoding", "identity");
  add_field(octets, "Connection", "close");
  if (post) {
    if (!request.content_type.empty()) {
      add_field(octets, "Content-Type", request.content_type);
    }
    add_field(octets, "Content-Length", std::to_string(request.body.size()));
  }
  return octets.append("\r\n").append(request.body);
}

}  // namespace posthouse::http
