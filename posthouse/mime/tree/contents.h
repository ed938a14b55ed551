#pragma once
// What of a message is read, and what of it is to be saved. One walk decides both, so that nothing falls between the two.
#include <vector>

#include "posthouse/mime/tree/part.h"

namespace posthouse::mime {

/// What a message shows and what it brings with it. Every leaf of it is shown on `page`, or a picture that an HTML text
/// of `page` shows by "cid:", or another form of what is shown (multipart/alternative), or among `files`.
///
/// The rules (RFC 2046 sections 4.1.4 and 5.1, RFC 2183 section 2):
///  - Parts stand in their order. Of a multipart/alternative one is shown, of a multipart/related its root.
///  - A text is shown, unless it stands behind another one that has something in it, and has a filename or the
///    disposition "attachment". Of unknown subtypes it is plain text; so is a multipart whose boundary never comes.
///  - What is called an attachment is a file, and shown only where the message has no other text.
///
/// Parts of messages inside the message are not in it; those messages are files. As short-lived as a Part.
struct Contents {
  /// The texts as they are read as text: of alternatives plain text, where it has something in it.
  std::vector<Part> text{};
  /// The texts as they are read as a page: of alternatives the last that has something in it.
  std::vector<Part> page{};
  /// What is to be saved: leaves and embedded messages, in their order.
  std::vector<Part> files{};
};

/// True for the types of pictures that browsers show: PNG, JPEG, GIF, WebP, BMP.
bool is_web_picture(const Part& part);

}  // namespace posthouse::mime
