#pragma once
// A message for people to look at.
#include <cstddef>
#include <string>

#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {

/// How a message is shown.
struct TreeOptions {
  bool text = true;                    ///< Show the text of text parts.
  std::size_t text_limit = 64 * 1024;  ///< Octets of text shown of each part.
  std::size_t width = 0;               ///< Columns of the terminal: longer lines of text are broken; 0 for never.
  bool colour = false;                 ///< Names of fields and types of parts stand out, by ECMA-48 sequences.
};

/// From, To, Cc, Date and Subject decoded, then the tree of parts, indented: of each part its type, and the text of a
/// text part or the name and size of another; files inside a winmail.dat follow it, each with a "+". UTF-8 with LF line
/// ends. Control characters are made visible, so that a message cannot play with the terminal.
///
///     From: 张三 <ann@one.test>
///     To: bob@two.test
///     Subject: 你好
///
///     multipart/alternative
///       text/plain; charset=utf-8
///         | Hello!
///       text/html; charset=utf-8
///         | <p>Hello!
std::string print_tree(const Message& message, const TreeOptions& options = {});

}  // namespace posthouse::mime
