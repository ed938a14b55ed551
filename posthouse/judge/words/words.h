#pragma once
// What a message says, as words that can be counted.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/tree/message.h"

namespace posthouse::judge {

/// How much of a message is looked at.
struct WordLimits {
  std::size_t text = 32 * 1024;  ///< Octets of what is read.
  std::size_t words = 2'000;     ///< Different ones; further ones are left out.
};

/// The words of a message and its pairs of neighbouring words, each once, as 64-bit hashes in ascending order. Words of the
/// text stand for themselves; those of the Subject, names and domains of senders, hosts of links, types and names of files
/// and what the mail program calls itself are words of their own kind. Case and spelling aside (mime::append_casemapped);
/// Chinese and Japanese are cut into words by ICU's dictionary. What is no UTF-8 is U+FFFD. Never throws on what it reads;
/// linear time, nothing recurses.
///
///     const auto words = judge::words_of(mime::Message::parse(bytes));
std::vector<std::uint64_t> words_of(const mime::Message& message, const WordLimits& limits = {});

/// Cuts `text` (UTF-8) into words, in order: runs of letters and digits with the marks that belong to prices and names
/// ("$5", "don't", "e-mail"), of 2 to 40 characters; single ideographs are words. Casemapped.
std::vector<std::string> split_words(std::string_view text);

}  // namespace posthouse::judge
