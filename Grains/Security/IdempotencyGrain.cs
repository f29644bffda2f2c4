using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Security;

/// <summary>
/// One idempotency key (rest-api part A). The claim is durable before the request runs; one activation per key makes claims race-free.
/// A claim whose process died is freed after <see cref="ClaimAge"/>, because its outcome will never be stored.
/// </summary>
internal sealed class IdempotencyGrain(IGatewayStore store, TimeProvider time) : Grain, IIdempotencyGrain
{
    private static readonly TimeSpan AnswerAge = TimeSpan.FromHours(24);
    private static readonly TimeSpan ClaimAge = TimeSpan.FromMinutes(2);

    private string? _bodyHash;

    public async Task<IdempotencyClaim> BeginAsync(string bodyHash, CancellationToken cancellationToken)
    {
        if (await store.FindAnswerAsync(this.GetPrimaryKeyString(), cancellationToken) is { } found)
        {
            // The rows are the memory: only a request under way keeps the activation.
            if (found.Answer is not null)
                DeactivateOnIdle();
            if (found.BodyHash != bodyHash)
                return new IdempotencyClaim("reused", null);
            return found.Answer is { } answer ? new IdempotencyClaim("replay", answer) : new IdempotencyClaim("running", null);
        }
        await store.PutAnswerAsync(this.GetPrimaryKeyString(), bodyHash, null, time.GetUtcNow() + ClaimAge, cancellationToken);
        _bodyHash = bodyHash;
        return new IdempotencyClaim("started", null);
    }

    public async Task CompleteAsync(StoredAnswer answer, CancellationToken cancellationToken)
    {
        var bodyHash = _bodyHash ?? (await store.FindAnswerAsync(this.GetPrimaryKeyString(), cancellationToken))?.BodyHash;
        if (bodyHash is not null)
            await store.PutAnswerAsync(this.GetPrimaryKeyString(), bodyHash, answer, time.GetUtcNow() + AnswerAge, cancellationToken);
        DeactivateOnIdle();
    }

    public async Task AbandonAsync(CancellationToken cancellationToken)
    {
        await store.DeleteAnswerAsync(this.GetPrimaryKeyString(), cancellationToken);
        DeactivateOnIdle();
    }
}
