#include "apps/posthouse/transfer/mbox_place.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/mime/tree/message.h"
#include "posthouse/mime/wire/line_ends.h"

namespace posthouse::app {
namespace {

constexpr std::string_view names[] = {"Status:", "X-Status:", "X-Keywords:"};
constexpr std::pair<char, imap::SystemFlag> letters[] = {{'R', imap::SystemFlag::seen},
                                                         {'A', imap::SystemFlag::answered},
                                                         {'F', imap::SystemFlag::flagged},
                                                         {'D', imap::SystemFlag::deleted},
                                                         {'T', imap::SystemFlag::draft}};

/// Takes the fields that hold flags off the front of a message.
imap::Flags take_flags(std::string& message) {
  imap::Flags flags;
  std::size_t at = 0;
  for (;;) {
    const std::string_view rest = std::string_view(message).substr(at);
    const auto name = std::ranges::find_if(names, [&](std::string_view one) { return istarts_with(rest, one); });
    const std::size_t end = rest.find('\n');
    if (name == std::end(names) || end == std::string_view::npos) {
      break;
    }
    const std::string_view value = trim(rest.substr(name->size(), end - name->size()));
    if (*name == names[2]) {
      for (const std::string_view keyword : split(value, ' ')) {
        if (!keyword.empty()) {
          flags.add(keyword);
        }
      }
    } else {
      for (const auto& [letter, flag] : letters) {
        if (value.find(letter) != std::string_view::npos) {
          flags.add(flag);
        }
      }
    }
    at += end + 1;
  }
  message.erase(0, at);
  return flags;
}

std::string flag_fields(const imap::Flags& flags) {
  std::string status, more, keywords;
  for (const auto& [letter, flag] : letters) {
    if (flags.has(flag)) {
      (letter == 'R' ? status : more) += letter;
    }
  }
  for (const std::string& keyword : flags.others()) {
    keywords += ' ' + keyword;
  }
  return "Status: " + status + "O\r\n" + (more.empty() ? "" : "X-Status: " + more + "\r\n") +
         (keywords.empty() ? "" : "X-Keywords:" + keywords + "\r\n");
}

// "From ann@one.test Thu Nov 26 11:05:00 2026": the moment, in UTC.
std::optional<mime::Date> date_of(std::string_view from_line) {
  const std::vector<std::string_view> words = [&] {
    std::vector<std::string_view> found;
    for (const std::string_view word : split(from_line, ' ')) {
      if (!word.empty()) {
        found.push_back(word);
      }
    }
    return found;
  }();
  // What stands behind the sender: Thu Nov 26 11:05:00 2026, some with a zone before the year or behind it.
  for (std::size_t i = 2; i + 3 < words.size(); ++i) {
    const std::string_view year = words.size() > i + 4 && words[i + 4].size() == 4 ? words[i + 4] : words[i + 3];
    std::string text(words[i + 1]);
    text.append(" ").append(words[i]).append(" ").append(year).append(" ").append(words[i + 2]).append(" +0000");
    if (words[i + 2].find(':') != std::string_view::npos) {
      return mime::parse_date(text);
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<PlacedMessage> MboxPlace::open(const std::string&) {
  entries_.clear();
  if (!std::filesystem::exists(file_)) {
    return {};
  }
  reader_ = mime::MboxReader::open(file_);
  std::vector<PlacedMessage> messages;
  while (const auto entry = reader_->next()) {
    std::string message = entry->message();
    PlacedMessage placed{
        .number = entries_.size() + 1, .flags = take_flags(message), .date = date_of(entry->from_line)};
    placed.key = message_key(message);
    if (!placed.date) {
      placed.date = mime::Message::view(message).date();
    }
    entries_.push_back(*entry);
    messages.push_back(std::move(placed));
  }
  return messages;
}

std::string MboxPlace::text(const PlacedMessage& message) {
  std::string text = entries_.at(message.number - 1).message();
  take_flags(text);
  return mime::with_crlf(text);
}

void MboxPlace::add(const std::string&, std::string_view text, const PlacedMessage& like) {
  if (!writer_) {
    writer_.emplace(file_);
  }
  const auto received =
      like.date ? std::chrono::system_clock::time_point(like.date->utc) : std::chrono::system_clock::now();
  const auto paths = mime::Message::view(text).header("Return-Path");
  std::string sender(trim(paths));
  if (sender.starts_with('<') && sender.ends_with('>')) {
    sender = sender.substr(1, sender.size() - 2);
  }
  writer_->add(flag_fields(like.flags) + std::string(text), sender, received);
}

void MboxPlace::finish() {
  if (writer_) {
    writer_->close();
  }
}

}  // namespace posthouse::app
