#include "posthouse/imap/wire/command/command_text.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/command/search_text.h"
#include "posthouse/imap/wire/command/text_writer.h"
#include "posthouse/imap/wire/text/date.h"

namespace posthouse::imap {
namespace {

// Writes the arguments of each command, a space before each.
class ArgumentWriter {
 public:
  explicit ArgumentWriter(CommandTextWriter& out) : out_(out) {}

  template <class Bare>
  void operator()(const Bare&) {}

  void operator()(const command::Authenticate& c) {
    out_.raw(' ' + c.mechanism);
    if (c.initial_response) {
      out_.raw(' ' + *c.initial_response);
    }
  }
  void operator()(const command::Login& c) { out_.space().astring(c.user).space().astring(c.password); }
  void operator()(const command::Enable& c) {
    for (const std::string& capability : c.capabilities) {
      out_.raw(' ' + capability);
    }
  }
  void operator()(const command::Id& c) {
    out_.space();
    if (c.fields.empty()) {
      out_.raw("NIL");
      return;
    }
    out_.list(c.fields, [&](const auto& field) { out_.string(field.first).space().nstring(field.second); });
  }
  void operator()(const command::Compress& c) { out_.raw(' ' + c.algorithm); }

  void operator()(const command::Select& c) {
    out_.space().mailbox(c.mailbox);
    if (c.condstore || c.resync) {
      out_.raw(c.condstore ? (c.resync ? " (CONDSTORE " : " (CONDSTORE") : " (");
      if (c.resync) {
        resync(*c.resync);
      }
      out_.raw(")");
    }
  }
  void operator()(const command::Create& c) {
    out_.space().mailbox(c.mailbox);
    if (!c.special_use.empty()) {
      out_.raw(" (USE ").list(c.special_use, [&](const std::string& use) { out_.raw(use); }).raw(")");
    }
  }
  void operator()(const command::Delete& c) { out_.space().mailbox(c.mailbox); }
  void operator()(const command::Rename& c) { out_.space().mailbox(c.from).space().mailbox(c.to); }
  void operator()(const command::Subscribe& c) { out_.space().mailbox(c.mailbox); }
  void operator()(const command::Unsubscribe& c) { out_.space().mailbox(c.mailbox); }
  void operator()(const command::Append& c) {
    if (c.replaces) {
      out_.raw(' ' + c.replaces->to_string());
    }
    out_.space().mailbox(c.mailbox);
  }

  void operator()(const command::List& c) {
    if (c.lsub || !c.extended) {
      out_.space().mailbox(c.reference).space().pattern(c.patterns.front());
      return;
    }
    out_.raw(" (").words({{c.selection.subscribed, "SUBSCRIBED"},
                          {c.selection.remote, "REMOTE"},
                          {c.selection.recursive_match, "RECURSIVEMATCH"},
                          {c.selection.special_use, "SPECIAL-USE"}});
    out_.raw(") ").mailbox(c.reference).space().list(c.patterns, [&](const MailboxName& p) { out_.pattern(p); });
    list_return(c.want);
  }
  void operator()(const command::Status& c) {
    out_.space().mailbox(c.mailbox).space();
    status_items(c.items);
  }

  void operator()(const command::Expunge& c) {
    if (c.uids) {
      out_.raw(' ' + c.uids->to_string());
    }
  }
  void operator()(const command::Search& c) { append_search(out_, c); }
  void operator()(const command::Sort& c) {
    append_search_return(out_, c.search.want);
    out_.space().list(c.criteria, [&](const SortCriterion& criterion) { append_sort_criterion(out_, criterion); });
    out_.space().astring(c.search.charset);
    append_search_keys(out_, c.search.keys);
  }
  void operator()(const command::Thread& c) {
    out_.raw(' ' + c.algorithm).space().astring(c.search.charset);
    append_search_keys(out_, c.search.keys);
  }
  void operator()(const command::MultiSearch& c) {
    if (!c.sources.empty()) {
      out_.raw(" IN ").list(c.sources, [&](const MailboxFilter& source) { filter(source); });
    }
    append_search(out_, c.search);
  }
  void operator()(const command::CancelUpdate& c) {
    for (const std::string& tag : c.tags) {
      out_.space().string(tag);
    }
  }

  void operator()(const command::Fetch& c) {
    out_.raw(' ' + c.set.to_string()).space();
    fetch_items(c.items);
    if (!c.changed_since && !c.partial) {
      return;
    }
    std::string modifiers;
    if (c.changed_since) {
      modifiers += " CHANGEDSINCE " + std::to_string(*c.changed_since);
    }
    if (c.vanished) {
      modifiers += " VANISHED";
    }
    if (c.partial) {
      modifiers += " PARTIAL " + c.partial->to_string();
    }
    out_.raw(" (").raw(std::string_view(modifiers).substr(1)).raw(")");
  }
  void operator()(const command::Store& c) {
    out_.raw(' ' + c.set.to_string());
    if (c.unchanged_since) {
      out_.raw(" (UNCHANGEDSINCE " + std::to_string(*c.unchanged_since) + ')');
    }
    out_.space().raw(mode_sign(c.mode)).raw(c.silent ? "FLAGS.SILENT (" : "FLAGS (").raw(c.flags.to_string()).raw(")");
  }
  void operator()(const command::Copy& c) { out_.raw(' ' + c.set.to_string()).space().mailbox(c.mailbox); }
  void operator()(const command::Move& c) { out_.raw(' ' + c.set.to_string()).space().mailbox(c.mailbox); }
  void operator()(const command::UidBatches& c) {
    out_.raw(' ' + std::to_string(c.size));
    if (c.batches) {
      out_.raw(' ' + std::to_string(c.batches->first) + ':' + std::to_string(c.batches->last));
    }
  }

  void operator()(const command::GetAcl& c) { out_.space().mailbox(c.mailbox); }
  void operator()(const command::SetAcl& c) {
    out_.space().mailbox(c.mailbox).space().astring(c.identifier).space().astring(mode_sign(c.mode) + c.rights);
  }
  void operator()(const command::DeleteAcl& c) { out_.space().mailbox(c.mailbox).space().astring(c.identifier); }
  void operator()(const command::ListRights& c) { out_.space().mailbox(c.mailbox).space().astring(c.identifier); }
  void operator()(const command::MyRights& c) { out_.space().mailbox(c.mailbox); }
  void operator()(const command::GetQuota& c) { out_.space().astring(c.root); }
  void operator()(const command::GetQuotaRoot& c) { out_.space().mailbox(c.mailbox); }
  void operator()(const command::SetQuota& c) {
    out_.space().astring(c.root).space().list(
        c.limits, [&](const auto& limit) { out_.raw(limit.first + ' ' + std::to_string(limit.second)); });
  }
  void operator()(const command::GetMetadata& c) {
    if (c.max_size || c.depth) {
      std::string options;
      if (c.max_size) {
        options += " MAXSIZE " + std::to_string(*c.max_size);
      }
      if (c.depth) {
        options +=
            " DEPTH " + (*c.depth == command::GetMetadata::infinite_depth ? "infinity" : std::to_string(*c.depth));
      }
      out_.raw(" (").raw(std::string_view(options).substr(1)).raw(")");
    }
    out_.space().mailbox(c.mailbox).space().list(c.entries, [&](const std::string& entry) { out_.astring(entry); });
  }
  void operator()(const command::SetMetadata& c) {
    out_.space().mailbox(c.mailbox).space().list(
        c.entries, [&](const auto& entry) { out_.astring(entry.first).space().any_octets(entry.second); });
  }
  void operator()(const command::Notify& c) {
    if (c.none) {
      out_.raw(" NONE");
      return;
    }
    out_.raw(c.status ? " SET STATUS" : " SET");
    for (const NotifyGroup& group : c.groups) {
      out_.raw(" (");
      filter(group.filter);
      out_.space();
      events(group.events);
      out_.raw(")");
    }
  }

 private:
  static std::string mode_sign(StoreMode mode) {
    return mode == StoreMode::add ? "+" : mode == StoreMode::remove ? "-" : "";
  }

  void resync(const command::Resync& resync) {
    out_.raw("QRESYNC (" + std::to_string(resync.uid_validity) + ' ' + std::to_string(resync.modseq));
    if (resync.known_uids) {
      out_.raw(' ' + resync.known_uids->to_string());
    }
    if (resync.match) {
      out_.raw(" (" + resync.match->first.to_string() + ' ' + resync.match->second.to_string() + ')');
    }
    out_.raw(")");
  }

  void status_items(const std::vector<StatusItem>& items) {
    out_.list(items, [&](StatusItem item) { out_.raw(name_of(item)); });
  }

  void fetch_items(const std::vector<FetchItem>& items) {
    out_.list(items, [&](const FetchItem& item) { out_.fetch_item(item); });
  }

  void list_return(const ListReturn& want) {
    out_.raw(" RETURN (");
    bool first = !out_.words({{want.subscribed, "SUBSCRIBED"},
                              {want.children, "CHILDREN"},
                              {want.special_use, "SPECIAL-USE"},
                              {want.my_rights, "MYRIGHTS"}});
    if (!want.status.empty()) {
      out_.raw(first ? "STATUS " : " STATUS ");
      first = false;
      status_items(want.status);
    }
    if (!want.metadata.empty()) {
      out_.raw(first ? "METADATA " : " METADATA ");
      out_.list(want.metadata, [&](const std::string& entry) { out_.astring(entry); });
    }
    out_.raw(")");
  }

  void filter(const MailboxFilter& filter) {
    out_.raw(name_of(filter.scope));
    if (filter.names.size() == 1) {
      out_.space().mailbox(filter.names.front());
    } else if (!filter.names.empty()) {
      out_.space().list(filter.names, [&](const MailboxName& name) { out_.mailbox(name); });
    }
  }

  void events(const NotifyEvents& events) {
    const auto words = {std::pair{events.message_expunge, "MessageExpunge"},
                        std::pair{events.flag_change, "FlagChange"},
                        std::pair{events.annotation_change, "AnnotationChange"},
                        std::pair{events.mailbox_name, "MailboxName"},
                        std::pair{events.subscription_change, "SubscriptionChange"},
                        std::pair{events.mailbox_metadata_change, "MailboxMetadataChange"},
                        std::pair{events.server_metadata_change, "ServerMetadataChange"}};
    const bool others = std::any_of(words.begin(), words.end(), [](const auto& word) { return word.first; });
    if (!others && !events.message_new) {
      out_.raw("NONE");
      return;
    }
    out_.raw("(");
    if (events.message_new) {
      out_.raw("MessageNew");
      if (!events.new_items.empty()) {
        out_.space();
        fetch_items(events.new_items);
      }
      out_.raw(others ? " " : "");
    }
    out_.words(words);
    out_.raw(")");
  }

  CommandTextWriter& out_;
};

}  // namespace

CommandText write_command(const Command& command, const CommandStyle& style) {
  CommandTextWriter out(style);
  out.raw(command.tag).raw(" ").raw(command.name());
  std::visit(ArgumentWriter(out), command.arguments);
  if (!std::holds_alternative<command::Append>(command.arguments)) {
    out.raw("\r\n");
  }
  return out.take();
}

CommandText append_part_text(const AppendPart& part, const CommandStyle& style) {
  CommandTextWriter out(style);
  if (part.begins_message) {
    if (!part.flags.empty()) {
      out.raw(" (").raw(part.flags.to_string()).raw(")");
    }
    if (part.date) {
      out.raw(" \"").raw(format_date_time(*part.date)).raw("\"");
    }
    out.raw(part.catenate ? " CATENATE (" : " ");
  } else {
    out.raw(" ");
  }
  if (part.url) {
    out.raw("URL ").astring(*part.url);
    return out.take();
  }
  if (part.catenate) {
    out.raw("TEXT ");
  }
  if (part.utf8) {
    out.raw("UTF8 (");
  }
  out.literal_head(part.size, part.binary);
  return out.take();
}

}  // namespace posthouse::imap
