#pragma once
// Reads one whole response. Private to the module.
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "posthouse/imap/wire/response/response.h"

namespace posthouse::imap {

/// What the text of a response does not tell.
struct ResponseContext {
  NameStyle names = NameStyle::utf7;
  /// Sizes of the bodies that were streamed, in order. In the text each stands as "{0}" CRLF, in a FETCH, and alone so.
  const std::vector<std::uint64_t>& streamed;
};

/// A response without its line end, literals in their places. Never fails: what cannot be read is Unknown.
Response parse_response(std::string_view text, const ResponseContext& context);

/// True for "+", and for OK and the like, tagged or not: lines whose text may end in "{5}" without a literal.
bool is_status_line(std::string_view text);

/// FETCH and UIDFETCH, from "(" on.
bool read_fetch_data(Cursor& in, const ResponseContext& context, response::Fetch& out);
/// The name of a body as FETCH answers it, up to the space behind it: "BODY[1.2]<0>", "RFC822.TEXT".
std::optional<response::BodyData> read_body_name(Cursor& in);

// Responses about searches, from the name on.
bool read_search_data(Cursor& in, response::Search& out);
bool read_extended_search(Cursor& in, const ResponseContext& context, response::ExtendedSearch& out);
bool read_thread_data(Cursor& in, response::Thread& out);

}  // namespace posthouse::imap
