using Orleans.Runtime;
using Orleans.Runtime.Messaging;
using WhatsApp.Grains.Abstractions;

namespace WhatsApp.Gateway.Errors;

/// <summary>
/// In a cluster instances move and silos die: what met such a moment is tried again for up to <see cref="Limit"/>, counted from the first trouble; while no silo can be
/// reached at all it waits as long. Then the trouble is the caller's. In embedded mode nothing moves.
/// </summary>
internal sealed class Patience(ClusterConnection cluster, TimeProvider time)
{
    /// <summary>Longest wait inside a request.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Code of a database that is away.</summary>
    public const string StorageUnavailable = "storage-unavailable";

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(400);

    /// <summary>Runs a piece of work, several times if need be.</summary>
    /// <param name="work">The work.</param>
    /// <param name="again">Whether it may be run again after this failure.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ProblemException">instance-busy: no silo.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> work, Func<Exception, bool> again, CancellationToken cancellationToken)
    {
        if (!cluster.IsRemote)
            return await work();
        var (pause, trouble) = (FirstPause, (long?)null);
        while (true)
        {
            if (cluster.IsUp)
                try
                {
                    return await work();
                }
                catch (Exception error) when (again(error) && (trouble is not { } since || time.GetElapsedTime(since) < Limit))
                {
                    trouble ??= time.GetTimestamp();
                }
            else if (trouble is { } since && time.GetElapsedTime(since) >= Limit)
                throw new ProblemException("instance-busy", "no silo of the cluster can be reached; try again");
            trouble ??= time.GetTimestamp();
            await Task.Delay(pause, time, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Refused before it began: certainly not done.</summary>
    public static bool WasRefused(Exception error) => error switch
    {
        // A kind of rejection to Orleans, but the silo had the call.
        SiloUnavailableException => false,
        InstanceProblemException problem => problem.Code == "instance-busy",
        _ => error is OrleansMessageRejectionException or ConnectionFailedException,
    };

    /// <summary>Refused, or given to a silo that has gone since or lost the database with it: nobody knows how far it came.</summary>
    public static bool WasLost(Exception error) => WasRefused(error) || error is SiloUnavailableException or InstanceProblemException { Code: StorageUnavailable };
}
