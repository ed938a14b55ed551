#include "posthouse/sieve/language/command.h"

namespace posthouse::sieve {
namespace {

constexpr Takes a_string = Takes::string;
constexpr Takes a_list = Takes::strings;

// Groups, of which at most one tag may be given.
enum Group : int {
  ungrouped,
  match_group,
  address_group,
  mime_group,
  transform_group,
  zone_group,
  size_group,
  period_group,
  case_group,
  first_group,
  quote_group,
  location_group,
  id_group,
};

constexpr TagRule match_tags[] = {
    {"is", Tag::is, Takes::nothing, match_group},
    {"contains", Tag::contains, Takes::nothing, match_group},
    {"matches", Tag::matches, Takes::nothing, match_group},
    {"regex", Tag::regex, Takes::nothing, match_group, Extension::regex},
    {"list", Tag::list, Takes::nothing, match_group, Extension::extlists},
    {"count", Tag::count, a_string, match_group, Extension::relational},
    {"value", Tag::value, a_string, match_group, Extension::relational},
    {"comparator", Tag::comparator, a_string},
};
constexpr TagRule address_tags[] = {
    {"all", Tag::all, Takes::nothing, address_group},
    {"localpart", Tag::localpart, Takes::nothing, address_group},
    {"domain", Tag::domain, Takes::nothing, address_group},
    {"user", Tag::user, Takes::nothing, address_group, Extension::subaddress},
    {"detail", Tag::detail, Takes::nothing, address_group, Extension::subaddress},
};
constexpr TagRule index_tags[] = {
    {"index", Tag::index, Takes::number, ungrouped, Extension::index},
    {"last", Tag::last, Takes::nothing, ungrouped, Extension::index},
};
constexpr TagRule mime_tags[] = {
    {"mime", Tag::mime, Takes::nothing, ungrouped, Extension::mime},
    {"anychild", Tag::anychild, Takes::nothing, ungrouped, Extension::mime},
};
constexpr TagRule mime_option_tags[] = {
    {"type", Tag::type, Takes::nothing, mime_group, Extension::mime},
    {"subtype", Tag::subtype, Takes::nothing, mime_group, Extension::mime},
    {"contenttype", Tag::contenttype, Takes::nothing, mime_group, Extension::mime},
    {"param", Tag::param, a_list, mime_group, Extension::mime},
};
constexpr TagRule transform_tags[] = {
    {"raw", Tag::raw, Takes::nothing, transform_group},
    {"content", Tag::content, a_list, transform_group},
    {"text", Tag::text, Takes::nothing, transform_group},
};
constexpr TagRule zone_tags[] = {
    {"zone", Tag::zone, a_string, zone_group},
    {"originalzone", Tag::originalzone, Takes::nothing, zone_group},
};
constexpr TagRule current_zone_tags[] = {{"zone", Tag::zone, a_string, zone_group}};
constexpr TagRule size_tags[] = {
    {"over", Tag::over, Takes::nothing, size_group},
    {"under", Tag::under, Takes::nothing, size_group},
};
constexpr TagRule copy_tags[] = {{"copy", Tag::copy, Takes::nothing, ungrouped, Extension::copy}};
constexpr TagRule flags_tags[] = {{"flags", Tag::flags, a_list, ungrouped, Extension::imap4flags}};
constexpr TagRule mailbox_tags[] = {
    {"create", Tag::create, Takes::nothing, ungrouped, Extension::mailbox},
    {"specialuse", Tag::special_use, a_string, ungrouped, Extension::special_use},
};
constexpr TagRule vacation_tags[] = {
    {"days", Tag::days, Takes::number, period_group},
    {"seconds", Tag::seconds, Takes::number, period_group, Extension::vacation_seconds},
    {"subject", Tag::subject, a_string},
    {"from", Tag::from, a_string},
    {"addresses", Tag::addresses, a_list},
    {"mime", Tag::mime},
    {"handle", Tag::handle, a_string},
};
constexpr TagRule modifier_tags[] = {
    {"lower", Tag::lower, Takes::nothing, case_group},
    {"upper", Tag::upper, Takes::nothing, case_group},
    {"lowerfirst", Tag::lowerfirst, Takes::nothing, first_group},
    {"upperfirst", Tag::upperfirst, Takes::nothing, first_group},
    {"quotewildcard", Tag::quotewildcard, Takes::nothing, quote_group},
    {"quoteregex", Tag::quoteregex, Takes::nothing, quote_group, Extension::regex},
    {"encodeurl", Tag::encodeurl, Takes::nothing, ungrouped, Extension::enotify},
    {"length", Tag::length},
};
constexpr TagRule include_tags[] = {
    {"personal", Tag::personal, Takes::nothing, location_group},
    {"global", Tag::global, Takes::nothing, location_group},
    {"once", Tag::once},
    {"optional", Tag::optional},
};
constexpr TagRule duplicate_tags[] = {
    {"handle", Tag::handle, a_string},
    {"header", Tag::header, a_string, id_group},
    {"uniqueid", Tag::uniqueid, a_string, id_group},
    {"seconds", Tag::seconds, Takes::number},
    {"last", Tag::last},
};
constexpr TagRule notify_tags[] = {
    {"from", Tag::from, a_string},
    {"importance", Tag::importance, a_string},
    {"options", Tag::options, a_list},
    {"message", Tag::message, a_string},
};
constexpr TagRule add_tags[] = {{"last", Tag::last}};
constexpr TagRule delete_tags[] = {
    {"index", Tag::index, Takes::number},
    {"last", Tag::last},
};
constexpr TagRule percent_tags[] = {{"percent", Tag::percent, Takes::nothing, ungrouped, Extension::spamtestplus}};
constexpr TagRule name_tags[] = {{"name", Tag::name, a_string}};
constexpr TagRule first_tags[] = {{"first", Tag::first, Takes::number}};

constexpr Place header_names{a_list, "header names"};
constexpr Place key_list{a_list, "key list"};
constexpr Place mailbox_name{a_string, "mailbox"};

std::vector<Command> control_commands() {
  return {
      {.name = "require", .verb = Verb::require_, .places = {{a_list, "extensions"}}},
      {.name = "if", .verb = Verb::if_, .subtests = Subtests::one, .block = true},
      {.name = "elsif", .verb = Verb::elsif, .subtests = Subtests::one, .block = true},
      {.name = "else", .verb = Verb::else_, .block = true},
      {.name = "stop", .verb = Verb::stop},
      {.name = "include",
       .verb = Verb::include,
       .extension = Extension::include,
       .places = {{a_string, "script name"}},
       .tags = {include_tags}},
      {.name = "return", .verb = Verb::return_, .extension = Extension::include},
      {.name = "global", .verb = Verb::global, .extension = Extension::include, .places = {{a_list, "variables"}}},
      {.name = "foreverypart",
       .verb = Verb::foreverypart,
       .extension = Extension::foreverypart,
       .tags = {name_tags},
       .block = true},
      {.name = "break", .verb = Verb::break_, .extension = Extension::foreverypart, .tags = {name_tags}},
      {.name = "error", .verb = Verb::error, .extension = Extension::ihave, .places = {{a_string, "message"}}},
  };
}

std::vector<Command> delivery_commands() {
  return {
      {.name = "keep", .verb = Verb::keep, .tags = {flags_tags}},
      {.name = "discard", .verb = Verb::discard},
      {.name = "fileinto",
       .verb = Verb::fileinto,
       .extension = Extension::fileinto,
       .places = {mailbox_name},
       .tags = {copy_tags, flags_tags, mailbox_tags}},
      {.name = "redirect", .verb = Verb::redirect, .places = {{a_string, "address"}}, .tags = {copy_tags}},
      {.name = "reject", .verb = Verb::reject, .extension = Extension::reject, .places = {{a_string, "reason"}}},
      {.name = "ereject", .verb = Verb::ereject, .extension = Extension::ereject, .places = {{a_string, "reason"}}},
      {.name = "vacation",
       .verb = Verb::vacation,
       .extension = Extension::vacation,
       .also = Extension::vacation_seconds,
       .places = {{a_string, "reason"}},
       .tags = {vacation_tags}},
      {.name = "notify",
       .verb = Verb::notify,
       .extension = Extension::enotify,
       .places = {{a_string, "method"}},
       .tags = {notify_tags}},
  };
}

std::vector<Command> editing_commands() {
  const auto flag_command = [](std::string_view name, Verb verb) {
    return Command{.name = name,
                   .verb = verb,
                   .extension = Extension::imap4flags,
                   .places = {{a_string, "variable name"}, {a_list, "list of flags"}},
                   .optional = Optional::first_place};
  };
  return {
      {.name = "set",
       .verb = Verb::set,
       .extension = Extension::variables,
       .places = {{a_string, "name"}, {a_string, "value"}},
       .tags = {modifier_tags}},
      flag_command("setflag", Verb::setflag),
      flag_command("addflag", Verb::addflag),
      flag_command("removeflag", Verb::removeflag),
      {.name = "addheader",
       .verb = Verb::addheader,
       .extension = Extension::editheader,
       .places = {{a_string, "field name"}, {a_string, "value"}},
       .tags = {add_tags}},
      {.name = "deleteheader",
       .verb = Verb::deleteheader,
       .extension = Extension::editheader,
       .places = {{a_string, "field name"}, {a_list, "value patterns"}},
       .optional = Optional::last_place,
       .tags = {match_tags, delete_tags}},
      {.name = "extracttext",
       .verb = Verb::extracttext,
       .extension = Extension::extracttext,
       .places = {{a_string, "variable name"}},
       .tags = {modifier_tags, first_tags}},
  };
}

std::vector<Command> message_tests() {
  return {
      {.name = "address",
       .verb = Verb::address,
       .is_test = true,
       .places = {{a_list, "header list"}, key_list},
       .tags = {match_tags, address_tags, index_tags, mime_tags}},
      {.name = "body",
       .verb = Verb::body,
       .is_test = true,
       .extension = Extension::body,
       .places = {key_list},
       .tags = {match_tags, transform_tags}},
      {.name = "currentdate",
       .verb = Verb::currentdate,
       .is_test = true,
       .extension = Extension::date,
       .places = {{a_string, "date part"}, key_list},
       .tags = {match_tags, current_zone_tags}},
      {.name = "date",
       .verb = Verb::date,
       .is_test = true,
       .extension = Extension::date,
       .places = {{a_string, "header name"}, {a_string, "date part"}, key_list},
       .tags = {match_tags, zone_tags, index_tags}},
      {.name = "duplicate",
       .verb = Verb::duplicate,
       .is_test = true,
       .extension = Extension::duplicate,
       .tags = {duplicate_tags}},
      {.name = "envelope",
       .verb = Verb::envelope,
       .is_test = true,
       .extension = Extension::envelope,
       .places = {{a_list, "envelope parts"}, key_list},
       .tags = {match_tags, address_tags}},
      {.name = "exists", .verb = Verb::exists, .is_test = true, .places = {header_names}, .tags = {mime_tags}},
      {.name = "header",
       .verb = Verb::header,
       .is_test = true,
       .places = {header_names, key_list},
       .tags = {match_tags, index_tags, mime_tags, mime_option_tags}},
      {.name = "size", .verb = Verb::size, .is_test = true, .places = {{Takes::number, "limit"}}, .tags = {size_tags}},
      {.name = "hasflag",
       .verb = Verb::hasflag,
       .is_test = true,
       .extension = Extension::imap4flags,
       .places = {{a_list, "variable list"}, {a_list, "list of flags"}},
       .optional = Optional::first_place,
       .tags = {match_tags}},
      {.name = "string",
       .verb = Verb::string,
       .is_test = true,
       .extension = Extension::variables,
       .places = {{a_list, "source"}, key_list},
       .tags = {match_tags}},
      {.name = "spamtest",
       .verb = Verb::spamtest,
       .is_test = true,
       .extension = Extension::spamtest,
       .also = Extension::spamtestplus,
       .places = {{a_string, "value"}},
       .tags = {match_tags, percent_tags}},
      {.name = "virustest",
       .verb = Verb::virustest,
       .is_test = true,
       .extension = Extension::virustest,
       .places = {{a_string, "value"}},
       .tags = {match_tags}},
  };
}

std::vector<Command> logic_tests() {
  return {
      {.name = "allof", .verb = Verb::allof, .is_test = true, .subtests = Subtests::list},
      {.name = "anyof", .verb = Verb::anyof, .is_test = true, .subtests = Subtests::list},
      {.name = "not", .verb = Verb::not_, .is_test = true, .subtests = Subtests::one},
      {.name = "true", .verb = Verb::true_, .is_test = true},
      {.name = "false", .verb = Verb::false_, .is_test = true},
      {.name = "ihave",
       .verb = Verb::ihave,
       .is_test = true,
       .extension = Extension::ihave,
       .places = {{a_list, "capabilities"}}},
  };
}

std::vector<Command> world_tests() {
  return {
      {.name = "environment",
       .verb = Verb::environment,
       .is_test = true,
       .extension = Extension::environment,
       .places = {{a_string, "name"}, key_list},
       .tags = {match_tags}},
      {.name = "mailboxexists",
       .verb = Verb::mailboxexists,
       .is_test = true,
       .extension = Extension::mailbox,
       .places = {{a_list, "mailbox names"}}},
      {.name = "metadata",
       .verb = Verb::metadata,
       .is_test = true,
       .extension = Extension::mboxmetadata,
       .places = {mailbox_name, {a_string, "annotation name"}, key_list},
       .tags = {match_tags}},
      {.name = "metadataexists",
       .verb = Verb::metadataexists,
       .is_test = true,
       .extension = Extension::mboxmetadata,
       .places = {mailbox_name, {a_list, "annotation names"}}},
      {.name = "servermetadata",
       .verb = Verb::servermetadata,
       .is_test = true,
       .extension = Extension::servermetadata,
       .places = {{a_string, "annotation name"}, key_list},
       .tags = {match_tags}},
      {.name = "servermetadataexists",
       .verb = Verb::servermetadataexists,
       .is_test = true,
       .extension = Extension::servermetadata,
       .places = {{a_list, "annotation names"}}},
      {.name = "specialuse_exists",
       .verb = Verb::specialuse_exists,
       .is_test = true,
       .extension = Extension::special_use,
       .places = {mailbox_name, {a_list, "special-use flags"}},
       .optional = Optional::first_place},
      {.name = "valid_notify_method",
       .verb = Verb::valid_notify_method,
       .is_test = true,
       .extension = Extension::enotify,
       .places = {{a_list, "URIs"}}},
      {.name = "notify_method_capability",
       .verb = Verb::notify_method_capability,
       .is_test = true,
       .extension = Extension::enotify,
       .places = {{a_string, "URI"}, {a_string, "capability"}, key_list},
       .tags = {match_tags}},
      {.name = "valid_ext_list",
       .verb = Verb::valid_ext_list,
       .is_test = true,
       .extension = Extension::extlists,
       .places = {{a_list, "list names"}}},
  };
}

}  // namespace

std::span<const TagRule> matching_tags() noexcept {
  return match_tags;
}

std::span<const Command> commands() {
  static const std::vector<Command> all = [] {
    std::vector<Command> together;
    for (auto* part :
         {control_commands, delivery_commands, editing_commands, message_tests, logic_tests, world_tests}) {
      const std::vector<Command> some = part();
      together.insert(together.end(), some.begin(), some.end());
    }
    return together;
  }();
  return all;
}

}  // namespace posthouse::sieve
