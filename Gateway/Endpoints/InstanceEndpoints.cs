using WhatsApp.Gateway.Requests;
using WhatsApp.Gateway.Errors;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Webhooks;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>/instances: create, list, status, restart, delete (rest-api part B).</summary>
internal static class InstanceEndpoints
{
    private const int DefaultPage = 50;
    private const int MaxPage = 200;
    private static readonly string[] Statuses =
    [
        "created", "connecting", "qr", "pairing", "passkey_required", "passkey_confirm", "syncing", "open", "reconnecting", "closed", "logged_out", "restricted", "exported",
    ];

    public static void MapInstances(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/instances", CreateAsync).Needs("admin").WithSummary("Create an instance and start linking");
        routes.MapGet("/instances", ListAsync).Needs("admin").WithSummary("List instances");
        routes.MapGet("/instances/{id}", FindAsync).Needs("read").WithSummary("One instance");
        routes.MapGet("/instances/{id}/status", StatusAsync).Needs("read").WithSummary("Connection status, proven by a server round trip");
        routes.MapPost("/instances/{id}/restart", RestartAsync).Needs("control").WithSummary("Reconnect with the same credentials, or start a new QR round");
        routes.MapPatch("/instances/{id}", ChangeAsync).Needs("settings").WithSummary("Change settings or metadata");
        routes.MapDelete("/instances/{id}", DeleteAsync).Needs("delete").WithSummary("Unlink and delete");
    }

    private static async Task<IResult> CreateAsync(HttpRequest request, IGrainFactory grains, TimeProvider time, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync(request, optional: true, cancellationToken);
        var id = body.Text("instanceId", 64) is { Length: > 0 } given ? given : Ulid.New(time.GetUtcNow().ToUnixTimeMilliseconds());
        if (!InstanceIds.IsValid(id))
            body.Fail<string>("instanceId", "invalid-format", "must match ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$");
        var create = new CreateInstance
        {
            Webhooks = WebhookRequests.Read(body),
            Metadata = body.Texts("metadata", 20, 64, 512),
            Connect = body.Flag("connect", true),
            Network = body.Text("network", 64) ?? "whatsapp",
            PairingNumber = PairingNumber.Read(body, "pairingNumber", isRequired: false),
            Settings = SettingsFields.Read(body, new InstanceSettings()),
            ProxyUrl = ProxyFields.Read(body),
        };
        body.Finish();

        var result = await grains.GetGrain<IInstanceGrain>(id).CreateAsync(create, cancellationToken);
        var answer = new
        {
            success = true,
            instanceId = id,
            status = result.Created && create.Connect ? "connecting" : result.Instance.Status,
            webhook = WebhookJson(result.Instance.Webhooks),
            createdAt = result.Instance.CreatedAt,
            token = result.Token,
            links = new { qr = $"/instances/{id}/qr", status = $"/instances/{id}/status" },
        };
        return result.Created ? Results.Created($"/instances/{id}", answer) : Results.Ok(answer);
    }

    private static async Task<IResult> ListAsync(HttpRequest request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var metadata = request.Query.Keys.Where(name => name.StartsWith("metadata.", StringComparison.Ordinal))
            .ToDictionary(name => name["metadata.".Length..], name => request.Text(name) ?? "");
        var query = new InstanceQuery(
            request.Number("limit", 1, MaxPage, DefaultPage), request.Text("cursor"), request.OneOf("status", Statuses), request.Text("q"), metadata);
        var page = await grains.GetGrain<IInstanceCatalogGrain>(0).ListAsync(query, cancellationToken);
        return Results.Ok(new { items = page.Items.Select(Json), nextCursor = page.NextCursor, total = page.Total });
    }

    private static async Task<IResult> FindAsync(string id, IGrainFactory grains, CancellationToken cancellationToken) =>
        await grains.GetGrain<IInstanceCatalogGrain>(0).FindAsync(InstanceIds.FromRoute(id), cancellationToken) is { } instance
            ? Results.Ok(Json(instance))
            : throw new ProblemException("instance-not-found", $"there is no instance {id}");

    private static async Task<IResult> StatusAsync(string id, IGrainFactory grains, TimeProvider time, CancellationToken cancellationToken)
    {
        var report = await grains.GetGrain<IInstanceGrain>(InstanceIds.FromRoute(id)).GetStatusAsync(cancellationToken);
        return Results.Ok(new
        {
            instanceId = report.InstanceId,
            status = report.Status,
            connected = report.Connected,
            phoneNumber = report.PhoneNumber,
            pushName = report.PushName,
            jid = report.Jid,
            lid = report.Lid,
            uptimeSeconds = report is { Status: "open", ConnectedAt: { } since } ? (long)(time.GetUtcNow() - since).TotalSeconds : 0,
            lastDisconnect = DisconnectJson(report.LastDisconnect),
            verifiedAt = report.VerifiedAt,
        });
    }

    private static async Task<IResult> RestartAsync(string id, IGrainFactory grains, CancellationToken cancellationToken)
    {
        await grains.GetGrain<IInstanceGrain>(InstanceIds.FromRoute(id)).RestartAsync(cancellationToken);
        return Results.Json(new { success = true, instanceId = id, status = "reconnecting" }, statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> ChangeAsync(string id, HttpRequest request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        var now = await grains.GetGrain<IInstanceCatalogGrain>(0).FindAsync(instance, cancellationToken) ?? throw new ProblemException("instance-not-found", $"there is no instance {id}");
        var body = await JsonBody.ReadAsync(request, optional: false, cancellationToken);
        var change = new InstanceChange
        {
            Settings = body.Find("settings") is null ? null : SettingsFields.Read(body, now.Settings),
            Metadata = body.Find("metadata") is null ? null : body.Texts("metadata", 20, 64, 512),
            ProxyUrl = body.Has("proxy") ? ProxyFields.Read(body) ?? "" : null,
        };
        body.Finish();
        return Results.Ok(Json(await grains.GetGrain<IInstanceGrain>(instance).ChangeAsync(change, cancellationToken)));
    }

    private static async Task<IResult> DeleteAsync(string id, HttpRequest request, IGrainFactory grains, KnownKeys keys, CancellationToken cancellationToken)
    {
        var result = await grains.GetGrain<IInstanceGrain>(InstanceIds.FromRoute(id))
            .DeleteAsync(request.Flag("logout", true), request.Flag("purge", true), cancellationToken);
        keys.ForgetInstance(id);
        return Results.Ok(new { success = true, instanceId = id, loggedOut = result.LoggedOut });
    }

    private static object Json(InstanceSummary instance) => new
    {
        instanceId = instance.InstanceId,
        status = instance.Status,
        phoneNumber = instance.PhoneNumber,
        jid = instance.Jid,
        lid = instance.Lid,
        pushName = instance.PushName,
        profilePicUrl = (string?)null,
        webhook = WebhookJson(instance.Webhooks),
        metadata = instance.Metadata,
        node = instance.Node,
        connectedAt = instance.ConnectedAt,
        lastSeenAt = instance.LastSeenAt,
        lastDisconnect = DisconnectJson(instance.LastDisconnect),
        createdAt = instance.CreatedAt,
        settings = SettingsFields.Json(instance.Settings),
        proxy = instance.ProxyUrl is null ? null : new { url = instance.ProxyUrl },
        health = new { webhookBacklog = instance.WebhookBacklog },
    };

    private static object? DisconnectJson(DisconnectReport? report) =>
        report is null ? null : new { reason = report.Reason, code = report.Code, at = report.At, willReconnect = report.WillReconnect };

    // One plain endpoint is shown as it was given: its URL.
    private static object? WebhookJson(IReadOnlyList<WebhookEndpoint> endpoints) => endpoints switch
    {
        [] => null,
        [{ Events.Count: 0, Headers.Count: 0, Secret: null, HasSecret: false, IsOn: true, IncludeMedia: "url" } only] => only.Url,
        _ => endpoints.Select(endpoint => new
        {
            id = endpoint.Id,
            url = endpoint.Url,
            events = endpoint.Events,
            headers = endpoint.Headers.Keys,
            hasSecret = endpoint.HasSecret || endpoint.Secret is not null,
            enabled = endpoint.IsOn,
            retries = endpoint.Retries,
            includeMedia = endpoint.IncludeMedia,
        }),
    };
}
