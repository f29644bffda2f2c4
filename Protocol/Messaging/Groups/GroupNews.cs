using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Groups;

namespace WhatsApp.Protocol.Messaging.Groups;

/// <summary>Takes what the server says about groups (wire/04 §12, w:gp2): members and keys follow it, and it is told.</summary>
internal sealed class GroupNews(GroupDirectory directory, ILogger logger)
{
    /// <summary>Takes one notification into the step. The ack is the caller's.</summary>
    public async ValueTask ApplyAsync(StepView view, Node stanza, CancellationToken cancellationToken)
    {
        if (GroupNotices.Read(stanza) is not { } notice)
            return;
        var pairs = notice.LidPairs.ToList();
        await view.Lids.LoadAsync(pairs.SelectMany(pair => new[] { pair.Phone, pair.Lid }), cancellationToken);
        foreach (var (phone, lid) in pairs)
            await view.Lids.LearnAsync(phone, lid, "group", cancellationToken);
        var people = notice.Changes.OfType<MembersChanged>().SelectMany(change => change.Members).Concat(notice.Changes.OfType<JoinRequested>().SelectMany(change => change.Users));
        await view.Lids.LoadAsync(people.Select(member => member.Jid).Concat(notice.Author is { } author ? [author] : []), cancellationToken);
        var weAreOut = notice.Changes.Any(change => change is GroupDeleted || (change is MembersChanged { Kind: MembersChangeKind.Removed } removed && removed.Members.Any(member => IsUs(view, member))));
        if (weAreOut || notice.NeedsNewSenderKey)
            GroupKeys.Drop(view, notice.Group);
        view.Step.Batch.Events.AddRange(GroupStory.Of(view, notice, directory.Find(notice.Group)));
        view.Step.AfterCommit.Add(() => directory.Apply(notice, weAreOut));
        MessagingLog.GroupChanged(logger, notice.Group, string.Join(' ', stanza.Children.Select(child => child.Tag)));
    }

    /// <summary>True for ourselves in either form.</summary>
    internal static bool IsUs(StepView view, GroupMember member) =>
        view.IsOwn(member.Jid) || (member.Phone is { } phone && view.IsOwn(phone)) || (member.Lid is { } lid && view.IsOwn(lid));
}
