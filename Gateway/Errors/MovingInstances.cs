using Microsoft.AspNetCore.Http.Features;
using WhatsApp.Gateway.Requests;
using WhatsApp.Grains.Abstractions;

namespace WhatsApp.Gateway.Errors;

/// <summary>
/// Requests that meet a moving instance or a dying silo are run again (<see cref="Patience"/>), then the answer is 503 instance-busy. Run again is what
/// certainly was not done (refused, or nothing begun yet), and reads always. Sends take care of themselves: they know their message's id.
/// </summary>
internal sealed class MovingInstances(RequestDelegate next, ClusterConnection cluster, Patience patience)
{
    private static readonly object BegunKey = new();

    /// <summary>From here on the request may change something.</summary>
    public static void Begin(HttpContext context) => context.Items[BegunKey] = true;

    public Task InvokeAsync(HttpContext context) => cluster.IsRemote && context.GetEndpoint() is not null && !IsOpen(context) ? TryAsync(context) : next(context);

    private Task<bool> TryAsync(HttpContext context)
    {
        var request = context.Request;
        var isRead = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        // A body that can be read twice; larger ones are files, whose senders try again themselves.
        var isRepeatable = isRead || request.ContentLength is <= JsonBody.MaxBytes || context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false };
        if (!isRead && isRepeatable)
            request.EnableBuffering();
        cluster.MayRepeat = isRead;
        var body = request.Body;
        return patience.RunAsync(async () =>
        {
            if (!isRead && isRepeatable)
                (request.Body, body.Position) = (body, 0);
            await next(context);
            return true;
        }, error => isRepeatable && !context.Response.HasStarted && (isRead || !context.Items.ContainsKey(BegunKey) ? Patience.WasLost(error) : Patience.WasRefused(error)),
            context.RequestAborted);
    }

    // What this process answers by itself.
    private static bool IsOpen(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<Security.RequiredScope>() is { Scope: null or Security.Access.Metrics };
}
