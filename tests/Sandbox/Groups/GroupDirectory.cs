using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Groups;
using WhatsApp.Sandbox.Accounts;

namespace WhatsApp.Sandbox.Groups;

/// <summary>All groups, and the changes of them; every change is told to the members (<see cref="GroupNotifications"/>).</summary>
internal sealed class GroupDirectory(SandboxServer server)
{
    private const string IdPrefix = "120363";
    private const int InviteCodeLength = 22;
    public const int MostMembers = 1024;

    private readonly ConcurrentDictionary<Jid, SandboxGroup> _groups = new();
    private readonly GroupNotifications _notices = new(server);
    private long _last = RandomNumberGenerator.GetInt32(1, int.MaxValue);

    public SandboxGroup? Find(Jid id) => _groups.GetValueOrDefault(id);

    /// <summary>The groups an account is in.</summary>
    public IEnumerable<SandboxGroup> Of(Account account) => _groups.Values.Where(group => group.State.Find(account) is not null).OrderBy(group => group.Id.User, StringComparer.Ordinal);

    /// <summary>The group of an invite code.</summary>
    public SandboxGroup? ByInvite(string code) => _groups.Values.FirstOrDefault(group => group.State.InviteCode == code);

    /// <summary>A new group; the creator is its first member.</summary>
    public SandboxGroup Create(Account creator, string subject, IEnumerable<Account> others, AddressingMode mode)
    {
        var id = new Jid(IdPrefix + Interlocked.Increment(ref _last).ToString("D12", CultureInfo.InvariantCulture), Jid.GroupServer);
        Membership[] members = [new(creator, GroupRole.SuperAdmin), .. others.Where(account => account != creator).Distinct().Select(account => new Membership(account, GroupRole.Member))];
        var group = new SandboxGroup(id, mode, creator, server.Now, new GroupState(subject, creator, server.Now, members) { InviteCode = NewInviteCode() });
        _groups[id] = group;
        _notices.Send(group, creator, members, GroupNodes.Created(group, "new"));
        return group;
    }

    /// <summary>Adds accounts; those in it already are left as they are.</summary>
    public void Add(SandboxGroup group, Account? actor, IEnumerable<Account> accounts, string? reason = null)
    {
        Membership[] added = [];
        group.Change(state =>
        {
            added = [.. accounts.Where(account => state.Find(account) is null).Distinct().Take(MostMembers - state.Members.Count).Select(account => new Membership(account, GroupRole.Member))];
            return added.Length == 0 ? state : state.With([.. state.Members, .. added]);
        },
        (before, after) =>
        {
            _notices.Send(group, actor, before.Members, GroupNodes.Members(group, "add", added, before, after, reason));
            _notices.Send(group, actor, added, GroupNodes.Created(group, null, reason));
        });
    }

    /// <summary>Removes accounts; an actor among them left.</summary>
    public void Remove(SandboxGroup group, Account? actor, IReadOnlyCollection<Account> accounts)
    {
        Membership[] removed = [];
        group.Change(state =>
        {
            removed = [.. state.Members.Where(member => accounts.Contains(member.Account))];
            return removed.Length == 0 ? state : state.With([.. state.Members.Except(removed)]);
        },
        (before, after) => _notices.Send(group, actor, before.Members, GroupNodes.Members(group, "remove", removed, before, after, null)));
    }

    /// <summary>Makes members admins or ordinary members. The creator stays what he is.</summary>
    public void SetAdmins(SandboxGroup group, Account? actor, IReadOnlyCollection<Account> accounts, bool admins)
    {
        Membership[] changed = [];
        group.Change(state =>
        {
            changed = [.. state.Members.Where(member => accounts.Contains(member.Account) && member.Role != GroupRole.SuperAdmin && member.IsAdmin != admins)];
            return changed.Length == 0 ? state : state.With([.. state.Members.Select(member => changed.Contains(member) ? member with { Role = admins ? GroupRole.Admin : GroupRole.Member } : member)]);
        },
        (before, after) => _notices.Send(group, actor, after.Members, GroupNodes.Members(group, admins ? "promote" : "demote", changed, before, after, null)));
    }

    /// <summary>Changes what is not the member list; <paramref name="notice"/> is told to the members.</summary>
    public void Change(SandboxGroup group, Account? actor, Func<GroupState, GroupState> change, Node notice) =>
        group.Change(change, (_, after) => _notices.Send(group, actor, after.Members, notice));

    /// <summary>A new invite code; the old one no longer works.</summary>
    public string ResetInvite(SandboxGroup group, Account? actor)
    {
        var code = NewInviteCode();
        Change(group, actor, state => state with { InviteCode = code }, new Node("invite", ("code", code)));
        return code;
    }

    private static string NewInviteCode() => RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", InviteCodeLength);
}
