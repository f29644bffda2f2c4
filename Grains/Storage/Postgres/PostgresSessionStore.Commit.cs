using Npgsql;

namespace WhatsApp.Grains.Storage.Postgres;

// One transaction for what many instances commit at the same moment: the database parses, wakes up and syncs once for all of them.
internal sealed partial class PostgresSessionStore
{
    private const int MostTogether = 32;
    // While one waits for the disk, the next is on its way.
    private const int Lanes = 2;

    private readonly Gathered<SessionCommit, Task> _commits = new(commits => TogetherAsync(database, seal, commits), MostTogether, Lanes);

    public async ValueTask CommitAsync(string instanceId, long epoch, SessionBatch batch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var commit = new SessionCommit(instanceId, epoch, batch);
        await (commit.IsSmall ? await _commits.AskAsync(commit) : AloneAsync(database, seal, commit));
    }

    // If any of them is refused, or would have to wait, nothing was written, and each is tried by itself: who is refused is told why, who must wait waits, and nobody else notices.
    private static async Task<IReadOnlyList<Task>> TogetherAsync(PostgresDatabase database, DataSeal seal, IReadOnlyList<SessionCommit> commits)
    {
        if (commits.Select(static commit => commit.InstanceId).Distinct(StringComparer.Ordinal).Count() == commits.Count)
            try
            {
                await database.WriteAsync(PostgresSessionStatements.Of(commits, seal), CancellationToken.None);
                return [.. commits.Select(static _ => Task.CompletedTask)];
            }
            catch (Exception error) when ((error as PostgresException ?? error.InnerException) is PostgresException { InvariantSeverity: "ERROR" })
            {
                // Below.
            }
        return [.. commits.Select(commit => AloneAsync(database, seal, commit))];
    }

    private static async Task AloneAsync(PostgresDatabase database, DataSeal seal, SessionCommit commit) =>
        await database.WriteAsync(PostgresSessionStatements.Of(commit, seal), CancellationToken.None);
}
