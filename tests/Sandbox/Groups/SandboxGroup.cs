using System.Globalization;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Groups;
using WhatsApp.Sandbox.Accounts;

namespace WhatsApp.Sandbox.Groups;

/// <summary>An account in a group.</summary>
internal sealed record Membership(Account Account, GroupRole Role)
{
    public bool IsAdmin => Role != GroupRole.Member;
}

/// <summary>What a group is at one moment. Times in Unix seconds.</summary>
internal sealed record GroupState(string Subject, Account? SubjectBy, long SubjectAt, IReadOnlyList<Membership> Members)
{
    /// <summary>Counts changes of the member list.</summary>
    public int Version { get; init; } = 1;
    public (string Id, string Text, Account? By, long At)? Description { get; init; }
    public bool Announcement { get; init; }
    public bool Locked { get; init; }
    /// <summary>Life of messages in seconds; 0 = they stay.</summary>
    public int Ephemeral { get; init; }
    public required string InviteCode { get; init; }

    public Membership? Find(Account account) => Members.FirstOrDefault(member => member.Account == account);

    /// <summary>The same with another member list.</summary>
    public GroupState With(IReadOnlyList<Membership> members) => this with { Members = members, Version = Version + 1 };
}

/// <summary>One group. Its state is replaced as a whole, so that readers need no lock; changes run one after the other.</summary>
internal sealed class SandboxGroup(Jid id, AddressingMode mode, Account creator, long createdAt, GroupState state)
{
    private readonly Lock _changing = new();
    private volatile GroupState _state = state;

    public Jid Id { get; } = id;
    public AddressingMode Mode { get; } = mode;
    public Account Creator { get; } = creator;
    public long CreatedAt { get; } = createdAt;
    public GroupState State => _state;

    /// <summary>The account in the form the group uses.</summary>
    public Jid Address(Account account) => Mode == AddressingMode.Lid ? account.Lid : account.Phone;

    /// <summary>The account in the other form.</summary>
    public Jid OtherAddress(Account account) => Mode == AddressingMode.Lid ? account.Phone : account.Lid;

    /// <summary>Attribute of a participant that holds the other form.</summary>
    public string OtherAddressName => Mode == AddressingMode.Lid ? "phone_number" : "lid";

    public string ModeName => Mode == AddressingMode.Lid ? "lid" : "pn";

    /// <summary>Every device of every member, in the members' order.</summary>
    public IReadOnlyList<Device> Devices()
    {
        List<Device> devices = [];
        foreach (var (account, _) in State.Members)
            lock (account.Gate)
                devices.AddRange(account.Devices);
        return devices;
    }

    /// <summary>Replaces the state and runs <paramref name="tell"/> with the old and the new one before the next change may begin.</summary>
    public void Change(Func<GroupState, GroupState> change, Action<GroupState, GroupState> tell)
    {
        lock (_changing)
        {
            var before = _state;
            _state = change(before);
            if (_state != before)
                tell(before, _state);
        }
    }

    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
