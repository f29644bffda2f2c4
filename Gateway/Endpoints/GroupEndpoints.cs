using WhatsApp.Gateway.Errors;
using WhatsApp.Gateway.Requests;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions.Groups;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>/instances/{id}/groups (rest-api part B, beyond the seed).</summary>
internal static class GroupEndpoints
{
    private const int DefaultPage = 200;
    private const int MaxPage = 1000;

    public static void MapGroups(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/instances/{id}/groups", ListAsync).Needs("read").WithSummary("The groups this account is in");
        routes.MapGet("/instances/{id}/groups/{groupId}", GetAsync).Needs("read").WithSummary("A group with its participants and settings");
    }

    private static async Task<IResult> ListAsync(string id, HttpRequest request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        var (limit, cursor) = (request.Number("limit", 1, MaxPage, DefaultPage), request.Text("cursor"));
        var participants = request.OneOf("participants", "false", "true") == "true";
        var all = await grains.GetGrain<IGroupsGrain>(instance).ListGroupsAsync(participants, cancellationToken);
        var rest = all.Where(group => cursor is null || string.CompareOrdinal(group.Id, cursor) > 0).ToList();
        return Results.Ok(new
        {
            items = rest.Take(limit).Select(group => Json(group, participants)),
            nextCursor = rest.Count > limit ? rest[limit - 1].Id : null,
            total = all.Count,
        });
    }

    private static async Task<IResult> GetAsync(string id, string groupId, HttpRequest request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        if (!Address.TryGroup(groupId.Contains('@', StringComparison.Ordinal) ? groupId : groupId + "@g.us", out var group))
            throw new ProblemException("chat-not-found", "there is no such group");
        var refresh = request.OneOf("refresh", "false", "true") == "true";
        return Results.Ok(Json(await grains.GetGrain<IGroupsGrain>(instance).GetGroupAsync(group, refresh, cancellationToken), participants: true));
    }

    private static object Json(GroupReport group, bool participants) => new
    {
        groupId = group.Id,
        subject = group.Subject,
        description = group.Description,
        owner = group.Owner,
        ownerPhone = Digits(group.OwnerPhone),
        createdAt = group.CreatedAt,
        size = group.Size,
        addressingMode = group.AddressingMode,
        isCommunity = group.IsCommunity,
        linkedParent = group.LinkedParent,
        settings = Settings(group),
        participants = participants
            ? group.Participants.Select(member => new { jid = member.Jid, lid = member.Lid, phoneNumber = Digits(member.Phone), admin = member.Admin })
            : null,
    };

    // The switches people ask for are always there; the others when they are on.
    private static Dictionary<string, object?> Settings(GroupReport group)
    {
        var settings = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["announcement"] = false,
            ["locked"] = false,
            ["joinApproval"] = false,
            ["ephemeralExpiration"] = group.EphemeralExpiration,
            ["memberAddMode"] = group.MemberAddMode,
        };
        foreach (var name in group.Settings)
            settings[name] = true;
        return settings;
    }

    private static string? Digits(string? jid) => jid?.Split('@')[0];
}
