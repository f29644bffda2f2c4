using System.Globalization;
using System.Text.Json;

namespace WhatsApp.MemoryProbe;

/// <summary>The managed heap of a process after a full collection, MB.</summary>
public sealed record HeapFigures(double Gen0, double Gen1, double Gen2, double Large, double Pinned, double Fragmented, double Committed, double AllocatedSoFar, int Threads)
{
    /// <summary>Folder the figures are written to; a process without it has no probe.</summary>
    public const string FolderName = "LOAD_MEMORY_FOLDER";
    private const double Mega = 1024 * 1024;

    /// <summary>Without the holes.</summary>
    public double Live => Gen0 + Gen1 + Gen2 + Large + Pinned - Fragmented;

    /// <summary>Collects in this process, and says what is left.</summary>
    public static HeapFigures Collect()
    {
        for (var i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        var info = GC.GetGCMemoryInfo(GCKind.FullBlocking);
        var sizes = info.GenerationInfo.ToArray().Select(generation => generation.SizeAfterBytes / Mega).ToArray();
        return new HeapFigures(sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], info.FragmentedBytes / Mega, info.TotalCommittedBytes / Mega,
            GC.GetTotalAllocatedBytes() / Mega, ThreadPool.ThreadCount);
    }

    /// <summary>For whoever asked.</summary>
    public void Write(string folder)
    {
        var file = FileOf(folder, Environment.ProcessId);
        File.WriteAllText(file + ".new", JsonSerializer.Serialize(this));
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <summary>What a process wrote.</summary>
    public static HeapFigures Read(string file) => JsonSerializer.Deserialize<HeapFigures>(File.ReadAllText(file))!;

    /// <summary>Where a process writes.</summary>
    public static string FileOf(string folder, int process) => Path.Combine(folder, process.ToString(CultureInfo.InvariantCulture) + ".json");
}
