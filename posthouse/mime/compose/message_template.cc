#include "posthouse/mime/compose/message_template.h"

#include <utility>

#include "posthouse/mime/compose/field.h"
#include "posthouse/mime/compose/merge_text.h"

namespace posthouse::mime {

struct MessageTemplate::State {
  struct Recipient {
    MergeText name;
    MergeText addr;
  };
  struct ExtraField {
    std::string name;
    MergeText value;
  };

  MessageBuilder common;
  std::vector<Recipient> to{};
  std::optional<MergeText> subject{}, text{}, html{};
  std::vector<ExtraField> extra{};

  // In the order of the message.
  template <class F>
  void each_text(F&& f) const {
    for (const Recipient& recipient : to) {
      f(recipient.name);
      f(recipient.addr);
    }
    if (subject) {
      f(*subject);
    }
    for (const ExtraField& field : extra) {
      f(field.value);
    }
    if (text) {
      f(*text);
    }
    if (html) {
      f(*html);
    }
  }
};

MessageTemplate::MessageTemplate(MessageBuilder common)
    : state_(std::make_unique<State>(State{.common = std::move(common.encode_files())})) {}
MessageTemplate::MessageTemplate(const MessageTemplate& other) : state_(std::make_unique<State>(*other.state_)) {}
MessageTemplate::MessageTemplate(MessageTemplate&&) noexcept = default;
MessageTemplate& MessageTemplate::operator=(const MessageTemplate& other) {
  if (this != &other) {
    state_ = std::make_unique<State>(*other.state_);
  }
  return *this;
}
MessageTemplate& MessageTemplate::operator=(MessageTemplate&&) noexcept = default;
MessageTemplate::~MessageTemplate() = default;

MessageTemplate& MessageTemplate::to(std::string_view addr) {
  return to({}, addr);
}
MessageTemplate& MessageTemplate::to(std::string_view name, std::string_view addr) {
  state_->to.push_back({{name, "the recipient's name"}, {addr, "the recipient's address"}});
  return *this;
}
MessageTemplate& MessageTemplate::subject(std::string_view text) {
  state_->subject.emplace(text, "the subject");
  return *this;
}
MessageTemplate& MessageTemplate::text(std::string_view utf8) {
  state_->text.emplace(utf8, "the text");
  return *this;
}
MessageTemplate& MessageTemplate::html(std::string_view utf8) {
  state_->html.emplace(utf8, "the HTML");
  return *this;
}
MessageTemplate& MessageTemplate::header(std::string_view name, std::string_view value) {
  check_field_name(name);
  state_->extra.push_back({std::string(name), {value, "the field " + std::string(name)}});
  return *this;
}

std::vector<std::string> MessageTemplate::fields() const {
  std::vector<std::string> names;
  state_->each_text([&](const MergeText& text) { text.add_fields(names); });
  return names;
}

MergeLookup MessageTemplate::lookup_in(const MergeRow& row) {
  return [&row](std::string_view field) {
    const auto found = row.find(field);
    return found == row.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
}

MessageBuilder MessageTemplate::merged(const MergeLookup& value_of) const {
  MessageBuilder message = state_->common;
  for (const auto& [name, addr] : state_->to) {
    message.to(name.filled(value_of, false), addr.filled(value_of, false));
  }
  if (state_->subject) {
    message.subject(state_->subject->filled(value_of, false));
  }
  for (const auto& [name, value] : state_->extra) {
    message.header(name, value.filled(value_of, false));
  }
  if (state_->text) {
    message.text(state_->text->filled(value_of, false));
  }
  if (state_->html) {
    message.html(state_->html->filled(value_of, true));
  }
  return message;
}

}  // namespace posthouse::mime
