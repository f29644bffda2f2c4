using System.Text.Json;
using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Faults;
using WhatsApp.Sandbox.Groups;
using WhatsApp.Sandbox.Phones;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Sandbox.Control;

/// <summary>The control API of architecture §6: drives phones and faults over HTTP. The listener is loopback only.</summary>
internal static class ControlApi
{
    public static void Map(IEndpointRouteBuilder routes, Func<SandboxNetwork> network)
    {
        var api = routes.MapGroup("/sandbox").AddEndpointFilter(ProblemFilter);
        api.MapPost("/phones", async (HttpRequest request) => AddPhone(network(), await Read<AddPhoneBody>(request)));
        api.MapPost("/phones/{n}/scan", async (string n, HttpRequest request) => await Scan(network(), n, await Read<ScanBody>(request), request.HttpContext.RequestAborted));
        api.MapPost("/phones/{n}/pair-code", async (string n, HttpRequest request) => await EnterCode(network(), n, await Read<PairCodeBody>(request), request.HttpContext.RequestAborted));
        api.MapPost("/phones/{n}/messages", async (string n, HttpRequest request) => await Send(network(), n, await Read<PhoneWriting>(request), request.HttpContext.RequestAborted));
        api.MapGet("/phones/{n}/messages", (string n, string? after) => List(network(), n, after));
        api.MapGet("/phones/{n}/messages/{id}/media", async (string n, string id, HttpContext context) => await Media(network(), n, id, context));
        api.MapPost("/phones/{n}/receipts", async (string n, HttpRequest request) => Confirm(network(), n, await Read<ReceiptBody>(request)));
        api.MapGet("/phones/{n}/receipts", (string n) => Results.Json(new
        {
            items = Phone(network(), n).Receipts.Select(receipt => new { messageId = receipt.MessageId, from = receipt.From.ToString(), type = receipt.Type ?? "delivery" }),
        }));
        api.MapPost("/media/expire", () => Results.Json(new { expired = network().ExpireMedia() }));
        api.MapPost("/phones/{n}/unlink", async (string n, HttpRequest request) => Unlink(network(), n, await Read<UnlinkBody>(request)));
        api.MapPost("/faults", async (HttpRequest request) => Arm(network(), await Read<Fault>(request)));
        GroupControl.Map(api, network);
        WebhookInbox.Map(api);
        api.MapGet("/stats", () => Results.Json(network().Stats, Json.Options));
        api.MapGet("/root-key", () => Results.Json(new { noiseRootKey = Convert.ToHexStringLower(network().RootKey) }));
    }

    private static IResult AddPhone(SandboxNetwork network, AddPhoneBody body)
    {
        var number = (body.PhoneNumber ?? throw new BadBodyException("phoneNumber is missing")).TrimStart('+');
        if (network.FindPhone(number) is not null)
            return Problem(StatusCodes.Status409Conflict, "this number is taken");
        var phone = network.AddPhone(number, body.PushName, body.LidOnly);
        phone.ReadsAtOnce = body.ReadsAtOnce;
        phone.NeedsPasskey = body.NeedsPasskey;
        phone.KeepsMedia = body.KeepsMedia;
        return Results.Json(new { phoneNumber = phone.PhoneNumber, jid = phone.Jid.ToString(), lid = phone.Lid.ToString() }, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> Scan(SandboxNetwork network, string number, ScanBody body, CancellationToken cancellationToken)
    {
        var device = await Phone(network, number).ScanAsync(body.Qr ?? throw new BadBodyException("qr is missing"), cancellationToken);
        return Results.Json(new { deviceJid = device.ToString() });
    }

    private static async Task<IResult> EnterCode(SandboxNetwork network, string number, PairCodeBody body, CancellationToken cancellationToken)
    {
        var device = await Phone(network, number).EnterPairCodeAsync(body.Code ?? throw new BadBodyException("code is missing"), cancellationToken);
        return Results.Json(new { deviceJid = device.ToString() });
    }

    private static async Task<IResult> Send(SandboxNetwork network, string number, PhoneWriting writing, CancellationToken cancellationToken) =>
        Results.Json(new { messageId = await Phone(network, number).SendAsync(writing, cancellationToken) }, statusCode: StatusCodes.Status201Created);

    /// <summary>The decrypted file: through a temporary one, so that nothing unchecked is given away.</summary>
    private static async Task<IResult> Media(SandboxNetwork network, string number, string id, HttpContext context)
    {
        var phone = Phone(network, number);
        var file = new FileStream(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.Asynchronous | FileOptions.DeleteOnClose);
        context.Response.RegisterForDisposeAsync(file);
        await phone.CopyMediaAsync(id, file, context.RequestAborted);
        file.Position = 0;
        var mimetype = phone.Messages.FirstOrDefault(message => message.MessageId == id)?.Media?.Mimetype;
        return Results.Stream(file, mimetype ?? "application/octet-stream");
    }

    private static IResult Confirm(SandboxNetwork network, string number, ReceiptBody body)
    {
        var id = body.MessageId ?? throw new BadBodyException("messageId is missing");
        switch (body.Type)
        {
            case "read": Phone(network, number).MarkRead(id); break;
            case "played": Phone(network, number).MarkPlayed(id); break;
            default: throw new BadBodyException("type must be read or played");
        }
        return Results.NoContent();
    }

    private static IResult List(SandboxNetwork network, string number, string? after) => Results.Json(new
    {
        items = Phone(network, number).MessagesAfter(after).Select(message => new
        {
            messageId = message.MessageId,
            from = message.From.ToString(),
            to = message.To.ToString(),
            fromMe = message.FromMe,
            fromDevice = message.FromDevice.ToString(),
            type = message.Type,
            text = message.Text,
            content = PhoneContent.Read(message),
            media = message.Media,
            timestamp = message.Timestamp,
        }),
    });

    private static IResult Unlink(SandboxNetwork network, string number, UnlinkBody body)
    {
        if (!Jid.TryParse(body.DeviceJid, out var device) || !device.IsUser)
            throw new BadBodyException("deviceJid is not a device address");
        Phone(network, number).Unlink(device);
        return Results.NoContent();
    }

    private static IResult Arm(SandboxNetwork network, Fault fault)
    {
        network.Faults.Add(fault);
        return Results.NoContent();
    }

    private static VirtualPhone Phone(SandboxNetwork network, string number) =>
        network.FindPhone(number.TrimStart('+')) ?? throw new UnknownPhoneException();

    /// <summary>The body; <see cref="BadBodyException"/> when it is not the JSON expected.</summary>
    internal static async ValueTask<T> Read<T>(HttpRequest request)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(request.Body, Json.Options, request.HttpContext.RequestAborted)
                ?? throw new BadBodyException("the body is empty");
        }
        catch (JsonException problem)
        {
            throw new BadBodyException("the body is not the JSON expected: " + problem.Path);
        }
    }

    private static async ValueTask<object?> ProblemFilter(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception problem) when (problem is BadBodyException or ArgumentException)
        {
            return Problem(StatusCodes.Status400BadRequest, problem.Message);
        }
        catch (UnknownPhoneException)
        {
            return Problem(StatusCodes.Status404NotFound, "no phone of this number");
        }
        catch (UnknownGroupException)
        {
            return Problem(StatusCodes.Status404NotFound, "no group of this id");
        }
        catch (PhoneException problem)
        {
            return Problem(StatusCodes.Status422UnprocessableEntity, problem.Message);
        }
        catch (Exception problem) when (problem is PairingException or TimeoutException)
        {
            return Problem(StatusCodes.Status409Conflict, problem.Message);
        }
    }

    private static IResult Problem(int status, string detail) => Results.Problem(detail, statusCode: status);

    private sealed class UnknownPhoneException : Exception;
}

/// <summary>The body does not say what is needed.</summary>
internal sealed class BadBodyException(string message) : Exception(message);
