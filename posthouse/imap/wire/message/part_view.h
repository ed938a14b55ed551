#pragma once
// The parts of a message as IMAP counts them. Private to the module.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "posthouse/mime/tree/message.h"

namespace posthouse::imap {

enum class PartForm : std::uint8_t { leaf, multipart, message };

/// A part, depth first. They are those of mime::Message but for this:
///  - only message/rfc822 and message/global are messages; what others embed is their body;
///  - a multipart in which no parts were found has one, a text that is its whole body, since IMAP can write no multipart
///    without parts and the text must be reachable.
struct PartView {
  std::optional<mime::Part> part{};  ///< Nothing for that text.
  PartForm form = PartForm::leaf;
  std::size_t parent = 0;  ///< Its own index for the first.
  std::size_t ordinal = 1;
  std::size_t subtree_end = 0;
  std::size_t children = 0;
};

std::vector<PartView> view_parts(const mime::Message& message);

}  // namespace posthouse::imap
