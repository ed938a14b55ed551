#include "tests/support/transcript.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "posthouse/base/error.h"
#include "posthouse/base/text.h"

namespace posthouse::test {
namespace {

using Step = Transcript::Step;
using Kind = Transcript::Kind;

int hex_value(char c) {
  if (is_digit(c)) {
    return c - '0';
  }
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void push(Step& step, char octet, bool wildcard = false) {
  step.text.push_back(octet);
  step.wildcard.push_back(wildcard);
}

void read_verbatim(Step& step, std::string_view text) {
  for (const char c : text) {
    push(step, c, c == '*');
  }
  push(step, '\r');
  push(step, '\n');
}

// False for an escape that does not exist.
bool read_escaped(Step& step, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      push(step, text[i], text[i] == '*');
      continue;
    }
    if (++i == text.size()) {
      return false;
    }
    constexpr std::string_view letters = "rnt0\\*";
    constexpr std::string_view octets("\r\n\t\0\\*", 6);
    if (const std::size_t which = letters.find(text[i]); which != std::string_view::npos) {
      push(step, octets[which]);
    } else if (text[i] == 'x' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
      push(step, static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
      i += 2;
    } else {
      return false;
    }
  }
  return true;
}

// False when the line is none of those the header describes.
bool read_step(std::string_view line, Step& step) {
  if (line.empty() || (line[0] != 'C' && line[0] != 'S')) {
    return false;
  }
  step.side = line[0] == 'C' ? Side::client : Side::server;
  step.kind = Kind::octets;
  const std::string_view rest = line.substr(1);
  if (rest == "...") {
    step.kind = Kind::any_lines;
  } else if (rest == "+TLS") {
    step.kind = Kind::tls;
  } else if (rest == "+END") {
    step.kind = Kind::end;
  } else if (rest == ":" || rest.starts_with(": ")) {
    read_verbatim(step, rest.substr(std::min<std::size_t>(2, rest.size())));
  } else if (rest.starts_with("| ")) {
    return read_escaped(step, rest.substr(2));
  } else {
    return false;
  }
  return true;
}

}  // namespace

Transcript Transcript::parse(std::string_view text, std::string name) {
  Transcript transcript;
  transcript.name_ = std::move(name);
  const auto refuse = [&](int number, const std::string& what) {
    throw Error(transcript.name_ + ":" + std::to_string(number) + ": " + what);
  };
  int number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (trim(line).empty() || line.starts_with('#')) {
      continue;
    }
    Step step{};
    step.line = number;
    if (!read_step(line, step)) {
      refuse(number, "not a step of a transcript: " + printable(line));
    }
    if (!transcript.steps_.empty() && transcript.steps_.back().kind == Kind::any_lines &&
        (step.side != transcript.steps_.back().side || step.kind != Kind::octets)) {
      refuse(number, "any lines (...) must be followed by a line of the same side");
    }
    transcript.steps_.push_back(std::move(step));
  }
  if (!transcript.steps_.empty() && transcript.steps_.back().kind == Kind::any_lines) {
    refuse(number, "any lines (...) must be followed by a line of the same side");
  }
  return transcript;
}

Transcript Transcript::load(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    throw Error("cannot open the transcript " + file);
  }
  return parse(std::string(std::istreambuf_iterator<char>(in), {}), file);
}

std::vector<Transcript> load_all(const std::string& directory) {
  std::vector<std::string> files;
  if (std::filesystem::is_directory(directory)) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      if (entry.is_regular_file() && entry.path().extension() == ".txt") {
        files.push_back(entry.path().string());
      }
    }
  }
  if (files.empty()) {
    throw Error("no transcripts (*.txt) in " + directory);
  }
  std::sort(files.begin(), files.end());
  std::vector<Transcript> transcripts;
  transcripts.reserve(files.size());
  for (const std::string& file : files) {
    transcripts.push_back(Transcript::load(file));
  }
  return transcripts;
}

}  // namespace posthouse::test
