using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Groups;

/// <summary>What became of one member of an add, remove, promote or demote.</summary>
/// <param name="Jid">As the server named it.</param>
/// <param name="Code">200 = done; otherwise the server's number (wire/07 §1, "per-participant results").</param>
public sealed record MemberResult(Jid Jid, int Code)
{
    /// <summary>By phone number, when told.</summary>
    public Jid? Phone { get; init; }
    /// <summary>403: the user must be invited; the code to put into an invitation message.</summary>
    public string? InviteCode { get; init; }
    /// <summary>Until when that code holds, Unix seconds.</summary>
    public long? InviteExpiration { get; init; }

    /// <summary>True when it was done.</summary>
    public bool Done => Code == 200;
}

/// <summary>
/// Reads <c>&lt;add&gt;&lt;participant jid [error] [phone_number]&gt;[&lt;add_request code expiration/&gt;]&lt;/participant&gt;…&lt;/add&gt;</c> and its like.
/// </summary>
internal static class MemberResults
{
    private const int Done = 200;
    private const int Unknown = 500;

    /// <summary>Results of an action; empty when the answer holds none.</summary>
    public static IReadOnlyList<MemberResult> Read(Node answer, MemberAction action)
    {
        List<MemberResult> results = [];
        foreach (var node in answer.Child(GroupCommands.Tag(action))?.ChildrenOf("participant") ?? [])
            if (GroupMembers.Member(node) is { } member)
                results.Add(new MemberResult(member.Jid, node["error"] is { } error ? GroupReader.Small(error) ?? Unknown : Done)
                {
                    Phone = member.Phone,
                    InviteCode = node.Child("add_request")?["code"],
                    InviteExpiration = GroupReader.Number(node.Child("add_request")?["expiration"]),
                });
        return results;
    }

    /// <summary>Groups left, and those that refused with their code.</summary>
    public static IReadOnlyList<(Jid Group, int Code)> ReadLeave(Node answer) =>
    [
        .. from node in answer.Child("leave")?.ChildrenOf("group") ?? []
           let id = GroupReader.GroupId(node)
           where id is not null
           select (id.Value, node["error"] is { } error ? GroupReader.Small(error) ?? Unknown : Done),
    ];
}
