using System.Text.Json;
using WhatsApp.Gateway.Errors;
using WhatsApp.Gateway.Requests;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions.Contacts;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>/instances/{id}/lid-mappings: which phone number and which LID are the same person (rest-api part B).</summary>
internal static class LidMappingEndpoints
{
    private const int DefaultPage = 50;
    private const int MaxPage = 200;
    private const int MaxMappings = 1000;
    private const int MaxAddress = 64;

    public static void MapLidMappings(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/instances/{id}/lid-mappings", ListAsync).Needs("read").WithSummary("Phone numbers and LIDs known to be the same person");
        routes.MapPost("/instances/{id}/lid-mappings", PutAsync).Needs("settings").WithSummary("Enter phone numbers and LIDs of the same person");
    }

    private static async Task<IResult> ListAsync(string id, HttpRequest request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var cursor = request.Text("cursor");
        if (cursor is not null && !cursor.All(char.IsAsciiDigit))
            throw Bad("cursor", "is not a cursor of this list");
        var query = new LidMappingQuery(
            request.Text("lid") is not { } lid ? null : Address.TryLid(lid, out var address) ? address : throw Bad("lid", "is not a LID"),
            request.Text("phone") is not { } phone ? null : Address.TryPhone(phone, out var digits, out var why) ? digits + "@s.whatsapp.net" : throw Bad("phone", why),
            request.Number("limit", 1, MaxPage, DefaultPage), cursor);
        var page = await grains.GetGrain<ILidMappingsGrain>(0).ListAsync(InstanceIds.FromRoute(id), query, cancellationToken);
        return Results.Ok(new { items = page.Items.Select(Json), nextCursor = page.NextCursor, total = page.Total });
    }

    private static async Task<IResult> PutAsync(string id, HttpRequest request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        var body = await JsonBody.ReadAsync(request, optional: false, cancellationToken);
        var pairs = ReadPairs(body);
        var force = body.Flag("force", false);
        body.Finish();

        var taken = await grains.GetGrain<IContactsGrain>(instance).PutLidMappingsAsync(pairs, force, cancellationToken);
        return Results.Json(new
        {
            success = taken.Conflicts.Count < pairs.Count,
            created = taken.Created,
            updated = taken.Updated,
            conflicts = taken.Conflicts.Select(conflict => new
            {
                lid = conflict.Pair.Lid,
                phoneNumber = Digits(conflict.Pair.Phone),
                reason = conflict.Reason,
                existing = conflict.Existing.Select(known => new { lid = known.Lid, phoneNumber = Digits(known.Phone), source = known.Source }),
            }),
        }, statusCode: taken.Created > 0 ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    // { "lid", "phoneNumber" } or { "mappings": [ … ] }
    private static List<LidPairEntry> ReadPairs(JsonBody body)
    {
        var pairs = new List<LidPairEntry>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (body.Find("mappings") is not { } list)
        {
            ReadPair(body, pairs, seen);
            return pairs;
        }
        if (list.ValueKind != JsonValueKind.Array)
            body.Fail<string>("mappings", "invalid-type", "must be a list of objects");
        else if (list.GetArrayLength() is 0 or > MaxMappings)
            body.Fail<string>("mappings", "out-of-range", $"must have 1 to {MaxMappings} entries");
        else
            foreach (var (index, item) in list.EnumerateArray().Index())
                if (item.ValueKind == JsonValueKind.Object)
                    ReadPair(body.Nested(item, $"mappings/{index}"), pairs, seen);
                else
                    body.Fail<string>($"mappings/{index}", "invalid-type", "must be an object");
        return pairs;
    }

    private static void ReadPair(JsonBody entry, List<LidPairEntry> pairs, HashSet<string> seen)
    {
        var (lidText, phoneText) = (entry.RequiredText("lid", MaxAddress), entry.RequiredText("phoneNumber", MaxAddress));
        if (lidText.Length == 0 || phoneText.Length == 0)
            return;
        if (!Address.TryLid(lidText, out var lid))
            entry.Fail<string>("lid", "invalid-format", "must be digits or digits@lid");
        else if (!Address.TryPhone(phoneText, out var digits, out var why))
            entry.Fail<string>("phoneNumber", "invalid-format", why);
        // Twice in one request has no order to decide by.
        else if (!seen.Add(lid))
            entry.Fail<string>("lid", "duplicate", "is given twice");
        else if (!seen.Add(digits))
            entry.Fail<string>("phoneNumber", "duplicate", "is given twice");
        else
            pairs.Add(new LidPairEntry(digits + "@s.whatsapp.net", lid));
    }

    private static object Json(LidMappingInfo known) => new
    {
        lid = known.Lid,
        phoneNumber = Digits(known.Phone),
        jid = known.Phone,
        source = known.Source,
        updatedAt = known.UpdatedAt,
    };

    private static string Digits(string jid) => jid[..jid.IndexOf('@', StringComparison.Ordinal)];

    private static ProblemException Bad(string name, string why) => new("validation-failed", $"{name} {why}", [new FieldError("/" + name, "invalid-format", why)]);
}
