namespace WhatsApp.Silo.Cluster;

/// <summary>Which cluster a process belongs to.</summary>
internal static class ClusterIdentity
{
    // Reminders and grain state belong to the service, membership to the cluster: one name for both.
    public static void Use(this global::Orleans.Configuration.ClusterOptions identity, ClusterOptions cluster) =>
        (identity.ServiceId, identity.ClusterId) = (cluster.Name, cluster.Name);
}
