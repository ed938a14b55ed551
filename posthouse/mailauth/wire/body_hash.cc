#include "posthouse/mailauth/wire/body_hash.h"

#include <algorithm>

#include "posthouse/mailauth/wire/body_scan.h"

namespace posthouse::mailauth {
namespace {

constexpr std::size_t short_run = 256;
// What is looked through and then hashed: it stays in the processor's nearest cache meanwhile.
constexpr std::size_t portion = 16 * 1024;

bool is_white_space(char c) noexcept {
  return c == ' ' || c == '\t';
}

}  // namespace

void BodyHash::want(std::uint64_t length) {
  const auto place = std::lower_bound(beginnings_.begin(), beginnings_.end(), length,
                                      [](const Beginning& one, std::uint64_t wanted) { return one.length < wanted; });
  if (place == beginnings_.end() || place->length != length) {
    beginnings_.insert(place, Beginning{.length = length});
  }
}

void BodyHash::add(std::string_view octets) {
  for (; octets.size() > portion; octets.remove_prefix(portion)) {
    add_portion(octets.substr(0, portion));
  }
  add_portion(octets);
}

void BodyHash::add_portion(std::string_view octets) {
  for (std::size_t at = 0; at < octets.size();) {
    const char c = octets[at];
    if (carriage_return_) {
      carriage_return_ = false;
      if (c == '\n') {
        end_line();
        ++at;
        continue;
      }
      put("\r", false);
    }
    if (c == '\r') {
      carriage_return_ = true;
      ++at;
    } else if (c == '\n') {
      end_line();
      ++at;
    } else if (form_ == Canonicalization::relaxed && is_white_space(c)) {
      blank_ = true;
      ++at;
    } else {
      const std::size_t count = unchanged_octets(octets, at, form_);
      const std::string_view run = octets.substr(at, count);
      put(run, run.back() == '\n' && run.size() > 1 && run[run.size() - 2] == '\r');
      at += count;
    }
  }
}

void BodyHash::end_line() {
  blank_ = false;
  if (line_begins_) {
    ++empty_lines_;
  } else {
    write("\r\n");
    line_begins_ = true;
  }
}

void BodyHash::put(std::string_view octets, bool ends_line) {
  for (; empty_lines_ != 0; --empty_lines_) {
    write("\r\n");
  }
  if (blank_) {
    write(" ");
    blank_ = false;
  }
  write(octets);
  line_begins_ = ends_line;
}

void BodyHash::write(std::string_view octets) {
  if (octets.size() <= short_run) {
    if (octets.size() > buffer_.size() - buffered_) {
      write_through({});
    }
    std::copy(octets.begin(), octets.end(), buffer_.data() + buffered_);
    buffered_ += octets.size();
  } else {
    write_through(octets);
  }
}

void BodyHash::write_through(std::string_view octets) {
  hash({buffer_.data(), buffered_});
  buffered_ = 0;
  hash(octets);
}

void BodyHash::hash(std::string_view octets) {
  for (; next_ < beginnings_.size() && beginnings_[next_].length - size_ <= octets.size(); ++next_) {
    const auto missing = static_cast<std::size_t>(beginnings_[next_].length - size_);
    digest_.update(octets.substr(0, missing));
    octets.remove_prefix(missing);
    size_ += missing;
    beginnings_[next_].digest = Sha256(digest_).finish();
  }
  if (!octets.empty()) {
    digest_.update(octets);
    size_ += octets.size();
  }
}

void BodyHash::finish() {
  if (carriage_return_) {
    put("\r", false);
    carriage_return_ = false;
  }
  if (!line_begins_) {
    end_line();
  }
  if (form_ == Canonicalization::simple && size_ + buffered_ == 0) {
    write("\r\n");
  }
  write_through({});
  all_ = digest_.finish();
}

std::string BodyHash::digest(std::optional<std::uint64_t> length) const {
  if (!length.has_value()) {
    return all_;
  }
  const auto found =
      std::find_if(beginnings_.begin(), beginnings_.end(), [&](const Beginning& one) { return one.length == *length; });
  return found == beginnings_.end() ? std::string() : found->digest;
}

}  // namespace posthouse::mailauth
