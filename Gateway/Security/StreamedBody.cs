namespace WhatsApp.Gateway.Security;

/// <summary>Marks an endpoint that reads its body piece by piece: nothing before it may buffer it, and it calls <see cref="Idempotency.OnceAsync"/> itself.</summary>
internal sealed record StreamedBody;

/// <summary>Marks endpoints.</summary>
internal static class StreamedBodyExtensions
{
    public static TBuilder Streamed<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new StreamedBody());
}
