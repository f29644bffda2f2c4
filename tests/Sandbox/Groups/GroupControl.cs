using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Groups;
using WhatsApp.Sandbox.Control;

namespace WhatsApp.Sandbox.Groups;

/// <summary><c>POST /sandbox/groups</c>: the first participant makes the group.</summary>
internal sealed record AddGroupBody(string? Subject, string[]? Participants, string? AddressingMode);

/// <summary><c>POST /sandbox/groups/{id}/participants</c>: phone numbers.</summary>
internal sealed record ChangeGroupBody(string[]? Add, string[]? Remove);

/// <summary>Groups in the control API.</summary>
internal static class GroupControl
{
    public static void Map(IEndpointRouteBuilder api, Func<SandboxNetwork> network)
    {
        api.MapPost("/groups", async (HttpRequest request) => Create(network(), await ControlApi.Read<AddGroupBody>(request)));
        api.MapGet("/groups/{id}", (string id) => Show(Group(network(), id)));
        api.MapPost("/groups/{id}/participants", async (string id, HttpRequest request) => Change(Group(network(), id), await ControlApi.Read<ChangeGroupBody>(request)));
    }

    private static IResult Create(SandboxNetwork network, AddGroupBody body)
    {
        if (body.Participants is not { Length: > 0 } participants)
            throw new BadBodyException("participants is missing");
        var mode = body.AddressingMode switch
        {
            null or "lid" => AddressingMode.Lid,
            "pn" => AddressingMode.Phone,
            _ => throw new BadBodyException("addressingMode must be lid or pn"),
        };
        var group = network.AddGroup(body.Subject ?? throw new BadBodyException("subject is missing"), participants, mode);
        return Results.Json(new { groupId = group.Id.ToString() }, statusCode: StatusCodes.Status201Created);
    }

    private static IResult Change(PhoneGroup group, ChangeGroupBody body)
    {
        group.Add(body.Add ?? []);
        group.Remove(body.Remove ?? []);
        return Show(group);
    }

    private static IResult Show(PhoneGroup group) => Results.Json(new
    {
        groupId = group.Id.ToString(),
        subject = group.Subject,
        addressingMode = group.Mode == AddressingMode.Lid ? "lid" : "pn",
        participants = group.Members,
    });

    private static PhoneGroup Group(SandboxNetwork network, string id) =>
        Jid.TryParse(id.Contains('@', StringComparison.Ordinal) ? id : $"{id}@{Jid.GroupServer}", out var jid) && network.FindGroup(jid) is { } group ? group : throw new UnknownGroupException();
}

/// <summary>No group of that id.</summary>
internal sealed class UnknownGroupException : Exception;
