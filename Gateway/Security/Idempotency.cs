using System.Security.Cryptography;
using System.Text;
using Orleans.Runtime;
using WhatsApp.Gateway.Errors;
using WhatsApp.Grains.Abstractions.Security;

namespace WhatsApp.Gateway.Security;

/// <summary>
/// <c>Idempotency-Key</c> on every POST (rest-api part A): the first answer is stored and replayed; another body is refused; a running first request is refused for now.
/// Answers of 5xx are not kept, so that a retry can succeed.
/// </summary>
internal sealed partial class Idempotency(RequestDelegate next, IGrainFactory grains)
{
    private const string Header = "Idempotency-Key";
    private const int MaxStored = 256 * 1024;
    private static readonly object ScopeKey = new();
    private static readonly object ClaimedKey = new();

    /// <summary>A message id derived from the idempotency key: the same on every repeat. Null without a key.</summary>
    public static string? MessageIdOf(HttpContext context) =>
        context.Items[ScopeKey] is string scope ? "3EB0" + scope[..18].ToUpperInvariant() : null;

    /// <summary>
    /// For endpoints that read their body themselves because it may be large (<see cref="StreamedBody"/>): runs under the request's idempotency key, if it has one.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="grains">Keeps the answers.</param>
    /// <param name="bodyHash">Hex SHA-256 of what the request says.</param>
    /// <param name="run">The work; not run when there is an answer already.</param>
    public static async Task<IResult> OnceAsync(HttpContext context, IGrainFactory grains, string bodyHash, Func<Task<IResult>> run)
    {
        if (context.Items[ScopeKey] is not string scope)
            return await run();
        var grain = grains.GetGrain<IIdempotencyGrain>(scope);
        if (await ClaimAsync(context, grain, bodyHash) is { } answer)
            await ReplayAsync(context.Response, answer);
        else
            await RunAsync(context, grain, async () => await (await run()).ExecuteAsync(context));
        return Results.Empty;
    }

    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!HttpMethods.IsPost(request.Method) || request.Headers[Header] is not { Count: > 0 } given)
        {
            MovingInstances.Begin(context);
            await next(context);
            return;
        }
        var key = given.ToString();
        if (key.Length is 0 or > 128 || !key.All(c => c is >= ' ' and < '\u007f'))
            throw new ProblemException("validation-failed", $"{Header} must be 1 to 128 printable characters",
                [new FieldError("/" + Header, "invalid-format", "must be 1 to 128 printable characters")]);
        var scope = Hash(Encoding.UTF8.GetBytes($"{context.Items[typeof(ApiKeyInfo)]}\n{request.Path}\n{key}"));
        context.Items[ScopeKey] = scope;
        if (context.GetEndpoint()?.Metadata.GetMetadata<StreamedBody>() is not null)
        {
            MovingInstances.Begin(context);
            await next(context);
            return;
        }
        var body = await BufferBodyAsync(request, context.RequestAborted);
        var grain = grains.GetGrain<IIdempotencyGrain>(scope);
        if (await ClaimAsync(context, grain, Hash(body)) is { } answer)
            await ReplayAsync(context.Response, answer);
        else
            await RunAsync(context, grain, () => next(context));
    }

    // Null = run it. A request that is run again, because a silo took its claim or the release of it along, finds its own.
    private static async Task<StoredAnswer?> ClaimAsync(HttpContext context, IIdempotencyGrain grain, string bodyHash)
    {
        var isOurs = !context.Items.TryAdd(ClaimedKey, true);
        var claim = await grain.BeginAsync(bodyHash, context.RequestAborted);
        return claim.State switch
        {
            "reused" => throw new ProblemException("idempotency-key-reused", "this key was used with another body"),
            "running" when !isOurs => throw new ProblemException("idempotency-in-progress", "the first request with this key is still running"),
            "replay" => claim.Answer,
            _ => null,
        };
    }

    private static async Task RunAsync(HttpContext context, IIdempotencyGrain grain, Func<Task> run)
    {
        var response = context.Response;
        var wire = response.Body;
        using var copy = new MemoryStream();
        response.Body = copy;
        try
        {
            MovingInstances.Begin(context);
            await run();
        }
        catch (Exception)
        {
            response.Body = wire;
            // Whether it ran is not known here; the message id derived from the key keeps a repeat from sending twice.
            await EndAsync(context, () => grain.AbandonAsync(CancellationToken.None));
            throw;
        }
        response.Body = wire;
        if (response.StatusCode < 500 && copy.Length <= MaxStored)
            await EndAsync(context, () => grain.CompleteAsync(
                new StoredAnswer(response.StatusCode, response.ContentType ?? "", copy.ToArray(), response.Headers.Location), CancellationToken.None));
        else
            await EndAsync(context, () => grain.AbandonAsync(CancellationToken.None));
        copy.Position = 0;
        await copy.CopyToAsync(wire, context.RequestAborted);
    }

    // What was done is answered for, whatever becomes of the claim: it ends by itself.
    private static async Task EndAsync(HttpContext context, Func<Task> end)
    {
        try
        {
            await end();
        }
        catch (Exception error) when (error is OrleansException or TimeoutException)
        {
            LogClaimLeft(context.RequestServices.GetRequiredService<ILogger<Idempotency>>(), RequestId.Of(context), error);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "request {RequestId}: the answer could not be kept for its idempotency key")]
    private static partial void LogClaimLeft(ILogger logger, string requestId, Exception error);

    private static async Task ReplayAsync(HttpResponse response, StoredAnswer answer)
    {
        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        response.Headers["Idempotency-Replayed"] = "true";
        if (answer.Location is { } location)
            response.Headers.Location = location;
        await response.Body.WriteAsync(answer.Body);
    }

    private static async Task<byte[]> BufferBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, cancellationToken);
        var bytes = buffer.ToArray();
        request.Body = new MemoryStream(bytes);
        return bytes;
    }

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
