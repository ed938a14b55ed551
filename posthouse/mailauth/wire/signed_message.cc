#include "posthouse/mailauth/wire/signed_message.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/error.h"
#include "posthouse/base/text.h"
#include "posthouse/mailauth/wire/body_hash.h"

namespace posthouse::mailauth {
namespace {

std::size_t index_of(Canonicalization form) noexcept {
  return static_cast<std::size_t>(form);
}

bool has_defect(const mime::HeaderBlock& block, mime::DefectCode code) {
  return std::any_of(block.defects().begin(), block.defects().end(),
                     [&](const mime::Defect& defect) { return defect.code == code; });
}

}  // namespace

SignedMessage::SignedMessage() = default;
SignedMessage::~SignedMessage() = default;

void SignedMessage::add(std::string_view octets) {
  in_body_ ? hash(octets) : collect(octets);
}

void SignedMessage::finish() {
  if (finished_) {
    return;
  }
  finished_ = true;
  if (!in_body_) {
    header_ends();
  }
  for (const auto& body : bodies_) {
    if (body != nullptr) {
      body->finish();
    }
  }
}

void SignedMessage::on_header(std::weak_ptr<void> reader, std::function<void()> ready) {
  if (in_body_) {
    ready();
  } else {
    waiting_.emplace_back(std::move(reader), std::move(ready));
  }
}

// Takes lines of the header up to the empty one, and gives the rest to the body.
void SignedMessage::collect(std::string_view octets) {
  while (!octets.empty()) {
    const std::size_t newline = octets.find('\n');
    if (newline == std::string_view::npos) {
      header_ += octets.substr(0, most_header + 1 - std::min(header_.size(), most_header));
      octets = {};
    } else {
      header_ += octets.substr(0, newline);
      octets.remove_prefix(newline + 1);
      if (header_.size() == line_ || header_.back() != '\r') {
        header_ += '\r';
      }
      const bool empty = header_.find_first_not_of('\r', line_) == std::string::npos;
      header_ += '\n';
      line_ = header_.size();
      if (empty) {
        header_ends();
        return hash(octets);
      }
    }
    if (header_.size() > most_header) {
      header_ends();
      return hash(octets);
    }
  }
}

void SignedMessage::header_ends() {
  in_body_ = true;
  const mime::HeaderBlock block = mime::HeaderBlock::scan(header_, {.header_block = most_header});
  const bool cut = header_.size() > most_header && block.body() == header_.size() && !block.complete();
  too_large_ = cut || has_defect(block, mime::DefectCode::header_block_limit);
  if (!too_large_) {
    list_fields(block.headers());
  }
  for (const auto& [reader, ready] : std::exchange(waiting_, {})) {
    if (const auto alive = reader.lock()) {
      ready();
    }
  }
  if (!cut) {
    hash(std::string_view(header_).substr(block.body()));
  }
}

void SignedMessage::list_fields(const mime::Headers& headers) {
  std::size_t size = 0;
  for (const mime::Field field : headers) {
    size += field.name().size();
  }
  lower_.reserve(size);  // views into it must stay valid
  fields_.reserve(headers.size());
  names_.reserve(headers.size());
  by_name_.reserve(headers.size());
  for (const mime::Field field : headers) {
    const std::size_t begin = lower_.size();
    for (const char c : field.name()) {
      lower_ += to_lower(c);
    }
    by_name_.push_back(static_cast<std::uint32_t>(fields_.size()));
    names_.push_back(std::string_view(lower_).substr(begin));
    fields_.push_back(field.raw());
  }
  std::sort(by_name_.begin(), by_name_.end(), [&](std::uint32_t a, std::uint32_t b) {
    const int order = names_[a].compare(names_[b]);
    return order != 0 ? order < 0 : a < b;
  });
}

std::span<const std::uint32_t> SignedMessage::fields_called(std::string_view name) const noexcept {
  const auto begin =
      std::lower_bound(by_name_.begin(), by_name_.end(), name,
                       [&](std::uint32_t index, std::string_view wanted) { return names_[index] < wanted; });
  const auto end = std::upper_bound(begin, by_name_.end(), name, [&](std::string_view wanted, std::uint32_t index) {
    return wanted < names_[index];
  });
  return {begin, end};
}

void SignedMessage::want_body_hash(Canonicalization form, std::optional<std::uint64_t> length) {
  auto& body = bodies_[index_of(form)];
  if (body != nullptr && !length.has_value()) {
    return;
  }
  if (hashing_) {
    throw posthouse::Error("a digest of a body was asked for of which some has gone by");
  }
  if (body == nullptr) {
    body = std::make_unique<BodyHash>(form);
  }
  if (length.has_value()) {
    body->want(*length);
  }
}

std::string SignedMessage::body_hash(Canonicalization form, std::optional<std::uint64_t> length) const {
  const auto& body = bodies_[index_of(form)];
  return body == nullptr ? std::string() : body->digest(length);
}

std::uint64_t SignedMessage::body_size(Canonicalization form) const {
  const auto& body = bodies_[index_of(form)];
  return body == nullptr ? 0 : body->size();
}

void SignedMessage::hash(std::string_view octets) {
  if (octets.empty()) {
    return;
  }
  hashing_ = true;
  for (const auto& body : bodies_) {
    if (body != nullptr) {
      body->add(octets);
    }
  }
}

}  // namespace posthouse::mailauth
