#pragma once
// Where posthouse show finds messages: files, standard input, mbox files, Maildir folders.
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace posthouse::app {

/// Called with a name for people ("inbox#3") and the octets of each message, which live as long as the call.
using MessageHandler = std::function<void(const std::string& name, std::string_view bytes)>;

/// Gives every message in `file` ("-" is standard input) to `handle`; with `number` (counted from 1) that one only.
/// A folder is a Maildir. A file is an mbox when `is_mbox` says so, or when it looks like one and its name has no
/// ending or .mbox or .mbx; else it is one message. \throws posthouse::Error where it cannot be read or has no such
/// message.
void for_each_message(const std::string& file, bool is_mbox, std::size_t number, const MessageHandler& handle);

}  // namespace posthouse::app
