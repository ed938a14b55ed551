#pragma once
// Where a message leads its reader.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/tree/message.h"

namespace posthouse::judge {

/// A link in a text.
struct Link {
  std::string host{};   ///< Of its target, in lower case, without a port; empty where there is none.
  std::string shown{};  ///< The host that its words name, where they look like an address; in lower case, else empty.
};

/// The links of all texts of `message` that are read: "http://…" and "https://…" in plain text, `href` in HTML. At most
/// `most` of them, from the first 256 KiB of each part. Linear; never throws on what it reads.
std::vector<Link> links_of(const mime::Message& message, std::size_t most = 200);

/// The host of a URL "http://user@host:port/path"; empty when it is none of the web.
std::string host_of_url(std::string_view url);

}  // namespace posthouse::judge
