#include "posthouse/sieve/compile/checks.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/sieve/actions/mailto.h"
#include "posthouse/sieve/language/date_part.h"
#include "posthouse/sieve/language/names.h"

namespace posthouse::sieve {
namespace {

class CallChecker {
 public:
  CallChecker(Call& call, const ExtensionSet& extensions, const Options& options, Arguments& arguments,
              Diagnostics& diagnostics)
      : call_(call), extensions_(extensions), options_(options), arguments_(arguments), diagnostics_(diagnostics) {}

  bool run() {
    if (call_.command->verb == Verb::host) {
      return true;
    }
    if (!index() || !mime()) {
      return false;
    }
    switch (call_.command->verb) {
      case Verb::fileinto:
        return mailbox(call_.values[0], true) && special_use_tag();
      case Verb::redirect:
        return outgoing(call_.values[0]);
      case Verb::vacation:
        return vacation();
      case Verb::notify:
        return notify();
      case Verb::set:
      case Verb::extracttext:
        return variable(call_.values[0]);
      case Verb::setflag:
      case Verb::addflag:
      case Verb::removeflag:
        return flag_variable(true);
      case Verb::hasflag:
        return flag_variable(false);
      case Verb::addheader:
        return field_name(call_.values[0]) && field_value(call_.values[1]);
      case Verb::deleteheader:
        return field_name(call_.values[0]);
      case Verb::size:
        return call_.has(Tag::over) || call_.has(Tag::under) ||
               fail(call_.at, "the size test wants either ':over' or ':under'");
      default:
        return test();
    }
  }

 private:
  bool fail(Position at, std::string text) {
    diagnostics_.error(at, std::move(text));
    return false;
  }

  // Calls `check` for each string that is constant, until one fails.
  template <class Check>
  bool each(const Value& value, Check check) {
    return std::all_of(value.strings.begin(), value.strings.end(), [&](const Text& text) {
      const auto constant = text.constant();
      return !constant || check(*constant);
    });
  }

  bool test() {
    switch (call_.command->verb) {
      case Verb::address:
        return address_fields();
      case Verb::header:
      case Verb::exists:
        return warn_of_fields(call_.values[0]);
      case Verb::envelope:
        return envelope_parts();
      case Verb::date:
        return date_part(call_.values[1]) && zone();
      case Verb::currentdate:
        return date_part(call_.values[0]) && zone();
      case Verb::mailboxexists:
        return mailbox(call_.values[0], false);
      case Verb::metadata:
      case Verb::metadataexists:
        return mailbox(call_.values[0], false) && warn_of_annotations(call_.values[1]);
      case Verb::servermetadata:
      case Verb::servermetadataexists:
        return warn_of_annotations(call_.values[0]);
      case Verb::specialuse_exists:
        return mailbox(call_.values[0], false) && special_uses(call_.values[1]);
      default:
        return true;
    }
  }

  bool index() {
    const Value* index = call_.find(Tag::index);
    if (index == nullptr) {
      const bool counts = call_.command->verb != Verb::addheader && call_.command->verb != Verb::duplicate;
      return !counts || !call_.has(Tag::last) || fail(call_.at, "':last' is of use only together with ':index'");
    }
    return index->number != 0 || fail(index->at, "':index' counts from 1");
  }

  bool mime() {
    const bool options = call_.has(Tag::anychild) || call_.has(Tag::type) || call_.has(Tag::subtype) ||
                         call_.has(Tag::contenttype) || call_.has(Tag::param);
    return !options || call_.has(Tag::mime) ||
           fail(call_.at, fmt::format("{} has tags that want ':mime' beside them", title_of(*call_.command)));
  }

  bool mailbox(const Value& value, bool strict) {
    return each(value, [&](const std::string& name) {
      if (is_mailbox_name(name)) {
        return true;
      }
      std::string text = fmt::format("invalid folder name '{}'", printable(name));
      if (strict) {
        return fail(value.at, std::move(text));
      }
      diagnostics_.warning(value.at, std::move(text));
      return true;
    });
  }

  bool special_uses(const Value& value) {
    return each(value, [&](const std::string& flag) {
      return is_special_use(flag) || fail(value.at, fmt::format("'{}' is no special use", printable(flag)));
    });
  }

  bool special_use_tag() {
    const Value* value = call_.find(Tag::special_use);
    return value == nullptr || special_uses(*value);
  }

  bool outgoing(const Value& value) {
    return each(value, [&](const std::string& address) {
      return outgoing_address(address).has_value() ||
             fail(value.at, fmt::format("'{}' is no address that mail can be sent to", printable(address)));
    });
  }

  bool vacation() {
    const Value* from = call_.find(Tag::from);
    return from == nullptr || outgoing(*from);
  }

  bool notify_options(const Value& options) {
    return each(options, [&](const std::string& option) {
      const std::size_t equals = option.find('=');
      const std::string_view name = std::string_view(option).substr(0, equals);
      const bool named =
          equals != std::string::npos && !name.empty() && name.front() != '_' &&
          std::all_of(name.begin(), name.end(), [](char c) {
            return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-' || c == '.' || c == '_';
          });
      const bool good = named && std::none_of(option.begin(), option.end(),
                                              [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
      return good || fail(options.at, fmt::format("'{}' is no option NAME=VALUE", printable(option)));
    });
  }

  bool notify() {
    if (options_.limits.notifications == 0) {
      return fail(call_.at, "local policy prohibits the use of a notify action");
    }
    if (const Value* from = call_.find(Tag::from); from != nullptr && !outgoing(*from)) {
      return false;
    }
    if (const Value* importance = call_.find(Tag::importance); importance != nullptr) {
      const auto word = importance->strings.front().constant();
      if (word && *word != "1" && *word != "2" && *word != "3") {
        return fail(importance->at, "':importance' is \"1\" (high), \"2\" or \"3\" (low)");
      }
    }
    if (const Value* options = call_.find(Tag::options); options != nullptr && !notify_options(*options)) {
      return false;
    }
    return each(call_.values[0], [&](const std::string& uri) {
      std::string why;
      return parse_mailto(uri, why).has_value() || fail(call_.values[0].at, why);
    });
  }

  // The name becomes the piece that stands for the variable.
  bool variable(const Value& value) {
    const auto name = value.strings.front().constant();
    if (!name || name->empty()) {
      return fail(value.at, "the name of the variable has to be a constant string");
    }
    Piece piece;
    if (!arguments_.declare(*name, value.at, piece)) {
      return false;
    }
    call_.values[0].strings.front().pieces.assign(1, piece);
    return true;
  }

  bool flag_variable(bool declares) {
    Value& value = call_.values[0];
    if (!value.present) {
      return true;
    }
    if (!has(extensions_, Extension::variables)) {
      return fail(value.at, "a list of flags in a variable needs the extension \"variables\"");
    }
    if (declares) {
      return variable(value);
    }
    for (Text& text : value.strings) {
      const auto name = text.constant();
      Piece piece;
      if (!name) {
        continue;
      }
      if (!is_variable_name(std::string_view(*name).substr(name->rfind('.') + 1)) ||
          !arguments_.resolve(*name, value.at, piece)) {
        return fail(value.at, fmt::format("'{}' is no name of a variable", printable(*name)));
      }
      text.pieces.assign(1, piece);
    }
    return true;
  }

  bool field_name(const Value& value) {
    return each(value, [&](const std::string& name) {
      return is_field_name(name) || fail(value.at, fmt::format("'{}' is no name of a field", printable(name)));
    });
  }

  bool field_value(const Value& value) {
    return each(value, [&](const std::string& text) {
      if (text.find('\0') != std::string::npos) {
        return fail(value.at, "the field's value has a NUL in it");
      }
      return text.size() <= options_.limits.header_field_octets ||
             fail(value.at,
                  fmt::format("the field's value has more than {} octets", options_.limits.header_field_octets));
    });
  }

  bool warn_of_fields(const Value& value) {
    return each(value, [&](const std::string& name) {
      if (!is_field_name(name)) {
        diagnostics_.warning(value.at, fmt::format("'{}' is no name of a field; nothing matches it", printable(name)));
      }
      return true;
    });
  }

  bool warn_of_annotations(const Value& value) {
    return each(value, [&](const std::string& name) {
      if (!is_annotation(name)) {
        diagnostics_.warning(value.at, fmt::format("'{}' is no name of an annotation", printable(name)));
      }
      return true;
    });
  }

  bool address_fields() {
    return each(call_.values[0], [&](const std::string& name) {
      if (!is_field_name(name)) {
        return warn_of_fields(call_.values[0]);
      }
      return has_addresses(name) ||
             fail(call_.values[0].at, fmt::format("header field '{}' is not allowed for the address test", name));
    });
  }

  bool envelope_parts() {
    static constexpr std::array<std::string_view, 3> parts{"from", "to", "auth"};
    return each(call_.values[0], [&](const std::string& name) {
      return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) { return iequals(part, name); }) ||
             fail(call_.values[0].at, fmt::format("the envelope has no part '{}'", printable(name)));
    });
  }

  bool date_part(const Value& value) {
    return each(value, [&](const std::string& name) {
      return find_date_part(name).has_value() ||
             fail(value.at, fmt::format("a date has no part '{}'", printable(name)));
    });
  }

  bool zone() {
    const Value* zone = call_.find(Tag::zone);
    return zone == nullptr || each(*zone, [&](const std::string& text) {
             return parse_zone(text).has_value() ||
                    fail(zone->at, fmt::format("'{}' is no time zone like \"+0200\"", printable(text)));
           });
  }

  Call& call_;
  const ExtensionSet& extensions_;
  const Options& options_;
  Arguments& arguments_;
  Diagnostics& diagnostics_;
};

}  // namespace

bool check_call(Call& call, const ExtensionSet& extensions, const Options& options, Arguments& arguments,
                Diagnostics& diagnostics) {
  return CallChecker(call, extensions, options, arguments, diagnostics).run();
}

}  // namespace posthouse::sieve
