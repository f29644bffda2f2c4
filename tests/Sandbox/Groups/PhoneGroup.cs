using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Groups;
using WhatsApp.Sandbox.Accounts;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Sandbox.Groups;

/// <summary>A group as tests and the control API hold it. Changes are made in the name of its creator and told to the members.</summary>
public sealed class PhoneGroup
{
    private readonly SandboxServer _server;
    private readonly SandboxGroup _group;

    internal PhoneGroup(SandboxServer server, SandboxGroup group) => (_server, _group) = (server, group);

    /// <summary><c>120363…@g.us</c></summary>
    public Jid Id => _group.Id;
    /// <summary>Form of addresses in it.</summary>
    public AddressingMode Mode => _group.Mode;
    /// <summary>Its name.</summary>
    public string Subject => _group.State.Subject;
    /// <summary>Phone numbers of its members.</summary>
    public IReadOnlyList<string> Members => [.. _group.State.Members.Select(member => member.Account.PhoneNumber)];

    /// <summary>Adds phones.</summary>
    /// <exception cref="PhoneException">Not on this network.</exception>
    public void Add(params IReadOnlyList<string> phoneNumbers) => _server.Groups.Add(_group, _group.Creator, Accounts(_server, phoneNumbers));

    /// <summary>Removes phones.</summary>
    /// <exception cref="PhoneException">Not on this network.</exception>
    public void Remove(params IReadOnlyList<string> phoneNumbers) => _server.Groups.Remove(_group, _group.Creator, Accounts(_server, phoneNumbers));

    /// <summary>Only admins may write from now on.</summary>
    public void LetAdminsWriteOnly() => _server.Groups.Change(_group, _group.Creator, state => state with { Announcement = true }, new Node("announcement"));

    /// <summary>The accounts of numbers.</summary>
    internal static List<Account> Accounts(SandboxServer server, IReadOnlyList<string> phoneNumbers) =>
        [.. phoneNumbers.Select(number => server.Accounts.FindByPhone(number.TrimStart('+')) ?? throw new PhoneException("a participant is not on this network"))];
}
